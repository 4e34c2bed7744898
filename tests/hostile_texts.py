"""Texts that are markup, script or formula to whoever does not take care; each ends up as text."""

_AROUND = ["", '">', "'>", "</title>", "</textarea>", "</script>", "-->", "]]>", "</svg>", "\\"]
_MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<b onclick=alert(1)>b",
    "<a href=javascript:alert(1)>a",
    "<iframe src=javascript:alert(1)>",
    "<meta http-equiv=refresh content=0>",
    "<style>*{display:none}</style>",
    "<form><input name=csrf>",
]
_OTHER = [
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\u003cscript\u003ealert(1)",
    "<ScRiPt/x>alert(1)</ScRiPt\n>",
    "<<b>script>alert(1)//<</b>/script>",
]
XSS = [around + markup for around in _AROUND for markup in _MARKUP] + _OTHER

_LEADS = ["=", "+", "-", "@", "\t=", "\r=", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
FORMULAS = [f"{quote}{lead}1+1" for quote in ("", '"') for lead in _LEADS]
