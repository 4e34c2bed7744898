"""Two hundred names in twelve scripts, each a first and a last name."""

from math import lcm

_WORDS = {
    "Latin": (
        "José Zoë Łukasz Åse Žofia Ğülşah Çağla Søren Þórður Nguyễn Ọláṣubọ̀mí Ñusta",
        "Díaz Müller Þórðarson Žižek Őrsi Çelik Ångström Kovačević Nuñez Đặng Ọ̀ṣọ́ Ŵyn",
    ),
    "Greek": (
        "Ἀλέξανδρος Ελένη Γιώργος Σοφία Νίκος",
        "Γεωργίου Παππάς Ψαρρού Ξένος",
    ),
    "Cyrillic": ("Щукина Ёлка Їжак Ђорђе Ірина", "Шевченко Ќосев Љубић Ґудзь"),
    "Arabic": ("محمد فاطمة عبد‌الله نديم زينب", "الحسيني خوري قاسم الشيخ"),
    "Hebrew": ("שרה משה רבקה יוסף חנה", "כהן לוי מזרחי פרץ"),
    "Devanagari": ("ऋचा दिनेश श्रीमती लक्ष्मी अर्जुन", "क्षत्रिय शर्मा मिश्र ठाकुर"),
    "Bengali": ("শ্রেয়া রবীন্দ্র ঋতু অর্ণব মৌসুমী", "চক্রবর্তী ঘোষ মুখোপাধ্যায় দত্ত"),
    "Tamil": ("கண்ணன் லட்சுமி முருகன் செல்வி அருண்", "சுப்பிரமணியன் பிள்ளை ராமன் குமார்"),
    "Thai": ("สมชาย กัญญา ณัฐพล ปิยะ สุดา", "ใจดี ศรีสุข วงศ์ใหญ่ ทองคำ"),
    "Chinese": ("明月 小龍 淑芬 建國 家豪", "歐陽 陳 王 李"),
    "Japanese": ("はなこ タロウ 美咲 大輔 さくら", "山田 鈴木 渡邉 髙橋"),
    "Korean": ("민수 지영 하늘 은정 서준", "김 박 최 황보"),
}


def names(in_each: int) -> list[str]:
    """So many names of each script, up to 20: the same ones each time."""
    found = []
    for first_names, last_names in _WORDS.values():
        firsts, lasts = first_names.split(), last_names.split()
        for number in range(in_each):
            # Both lists go round; when they meet as at first, one goes on by a step.
            around = number // lcm(len(firsts), len(lasts))
            first, last = firsts[number % len(firsts)], lasts[(number + around) % len(lasts)]
            found.append(f"{first} {last}")
    return found
