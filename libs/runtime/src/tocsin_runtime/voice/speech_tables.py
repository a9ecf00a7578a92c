"""How each language reads aloud what is written short. A language without a table is read as it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tocsin_runtime.wording import primary


@dataclass(frozen=True, slots=True)
class Table:
    """One language; what is empty is left alone."""

    language: str = ""

    words: Mapping[str, str] = field(default_factory=dict)
    """Abbreviations, as they are written, dots inside and all."""
    by_place: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Those that mean one thing after a name and another before one."""
    units: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """After a number: for one, for many."""
    pounds: tuple[str, str] | None = None
    scales: Mapping[str, str] = field(default_factory=dict)
    """After an amount of money."""
    months: Sequence[str] = ()
    short_months: Mapping[str, int] = field(default_factory=dict)
    short_days: Mapping[str, str] = field(default_factory=dict)
    halves: Mapping[str, int] = field(default_factory=dict)
    """What follows an hour of twelve, with and without a space: the hour it counts from."""
    parts: Sequence[tuple[int, str]] = ()
    """Of the day: from which hour, and its name; the later first."""
    hour: str = ""
    """A full hour of a part."""
    zero: str = "0"
    """Before minutes under ten."""
    midnight: str = ""
    midday: str = ""
    to: str = ","
    """Between two numbers."""
    plus: str = "+"
    minus: str = "-"
    at: str = ""
    dot: str = ""
    website: str = ""
    see_website: str = ""
    before_website: Sequence[str] = ()
    """After these words it is not said what to do with it."""


def _spaced(halves: Mapping[str, int]) -> Mapping[str, int]:
    return {**halves} | {f" {half}": hour for half, hour in halves.items()}


def _both(words: Mapping[str, str]) -> Mapping[str, tuple[str, str]]:
    return {unit: (word, word) for unit, word in words.items()}


_ENGLISH: Final = Table(
    language="en",
    words={
        "24/7": "24 hours a day, 7 days a week",
        "&": "and",
        "ASAP": "as soon as possible",
        "asap": "as soon as possible",
        "Ave": "Avenue",
        "approx": "approximately",
        "Cl": "Close",
        "Cllr": "Councillor",
        "Cres": "Crescent",
        "Ct": "Court",
        "c/o": "care of",
        "dept": "department",
        "e.g": "for example",
        "eg": "for example",
        "etc": "and so on",
        "Gdns": "Gardens",
        "govt": "government",
        "i.e": "that is",
        "ie": "that is",
        "info": "information",
        "Insp": "Inspector",
        "Jct": "Junction",
        "Ln": "Lane",
        "mob": "mobile",
        "nr": "near",
        "Pl": "Place",
        "Rd": "Road",
        "RTC": "road traffic collision",
        "Sgt": "Sergeant",
        "Sq": "Square",
        "Supt": "Superintendent",
        "Tel": "Telephone",
        "tel": "telephone",
        "w/c": "week commencing",
    },
    by_place={"St": ("Street", "Saint"), "Dr": ("Drive", "Doctor")},
    units={
        "%": ("percent", "percent"),
        "°": ("degree", "degrees"),
        "°C": ("degree Celsius", "degrees Celsius"),
        "mm": ("millimetre", "millimetres"),
        "cm": ("centimetre", "centimetres"),
        "m": ("metre", "metres"),
        "km": ("kilometre", "kilometres"),
        "ft": ("foot", "feet"),
        "yds": ("yard", "yards"),
        "mph": ("mile per hour", "miles per hour"),
        "km/h": ("kilometre per hour", "kilometres per hour"),
        "g": ("gram", "grams"),
        "kg": ("kilogram", "kilograms"),
        "l": ("litre", "litres"),
        "sec": ("second", "seconds"),
        "secs": ("second", "seconds"),
        "min": ("minute", "minutes"),
        "mins": ("minute", "minutes"),
        "hr": ("hour", "hours"),
        "hrs": ("hour", "hours"),
    },
    pounds=("pound", "pounds"),
    scales={"k": "thousand", "m": "million", "bn": "billion"},
    months=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    short_months={
        "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "Jun": 6, "Jul": 7,
        "Aug": 8, "Sep": 9, "Sept": 9, "Oct": 10, "Nov": 11, "Dec": 12,
    },
    short_days={
        "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday",
        "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
    },
    halves=_spaced({"am": 0, "pm": 12, "a.m": 0, "p.m": 12}),
    parts=((12, "pm"), (0, "am")),
    hour="{hour} {part}",
    zero="oh",
    midnight="midnight",
    midday="midday",
    to="to",
    plus="plus",
    minus="minus",
    at="at",
    dot="dot",
    website="the website",
    see_website="see the website",
    before_website=("see", "visit", "at", "on", "to"),
)  # fmt: skip

_WELSH: Final = Table(
    language="cy",
    words={
        "24/7": "24 awr y dydd, 7 diwrnod yr wythnos",
        "&": "a",
        "ayb": "ac yn y blaen",
        "ayyb": "ac yn y blaen",
        "Cyng": "Cynghorydd",
        "e.e": "er enghraifft",
        "Ffd": "Ffordd",
        "Ffon": "Ffôn",
        "h.y": "hynny yw",
        "Rd": "Road",
        "Ave": "Avenue",
    },
    by_place={"St": ("Street", "Sant")},
    # A noun is singular after a number.
    units=_both(
        {
            "%": "y cant",
            "°": "gradd",
            "°C": "gradd Celsius",
            "mm": "milimetr",
            "cm": "centimetr",
            "m": "metr",
            "km": "cilometr",
            "mya": "milltir yr awr",
            "mph": "milltir yr awr",
            "km/a": "cilometr yr awr",
            "g": "gram",
            "kg": "cilogram",
            "l": "litr",
            "eil": "eiliad",
            "mun": "munud",
        }
    ),
    pounds=("bunt", "o bunnoedd"),
    scales={"k": "mil", "m": "miliwn", "bn": "biliwn"},
    months=(
        "Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin",
        "Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr",
    ),
    short_months={
        "Ion": 1, "Chwe": 2, "Chwef": 2, "Maw": 3, "Ebr": 4, "Meh": 6,
        "Gorff": 7, "Hyd": 10, "Tach": 11, "Rhag": 12,
    },
    halves={"am": 0, **_spaced({"pm": 12, "yb": 0, "yp": 12, "yh": 12})},  # " am" is a word
    parts=((18, "yr hwyr"), (12, "y prynhawn"), (0, "y bore")),
    hour="{hour} o'r gloch {part}",
    zero="dim",
    midnight="hanner nos",
    midday="hanner dydd",
    to="i",
    plus="plws",
    minus="minws",
    at="at",
    dot="dot",
    website="y wefan",
    see_website="gweler y wefan",
    before_website=("gweler", "gwelwch", "i", "ar", "yn"),
)  # fmt: skip

TABLES: Final[Mapping[str, Table]] = {"en": _ENGLISH, "cy": _WELSH}
PLAIN: Final = Table()


def table_of(language: str) -> Table:
    """Choose by the primary subtag of a BCP 47 tag."""
    return TABLES.get(primary(language), PLAIN)
