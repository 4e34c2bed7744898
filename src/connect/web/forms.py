"""Form posts: reading one with its token, and showing it again with what is wrong."""

from typing import Any

from litestar import Request

from connect.errors import CrossSite
from connect.policy import Actor

OF_THE_PAGE = frozenset({"csrf", "once"})


async def read_form(request: Request[Actor, Any, Any]) -> dict[str, Any]:
    """The fields of a form post; a field sent more than once is a list.

    Raises:
        CrossSite: the form was not made for this session.
    """
    form = await request.form()
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        if name in fields:
            fields[name] = [*_as_list(fields[name]), value]
        else:
            fields[name] = value
    if request.user.session and fields.get("csrf") != request.user.csrf:
        raise CrossSite
    return {name: value for name, value in fields.items() if name not in OF_THE_PAGE}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def several(fields: dict[str, Any], name: str) -> list[str]:
    """All values of one field."""
    return [str(v) for v in _as_list(fields.get(name, []))]
