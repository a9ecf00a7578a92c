"""Numbers, and what is made of letters and numbers: how they look, and how they are read."""

import re
from typing import Final

from tocsin_runtime.voice.reading import Found, Reading, one_of
from tocsin_runtime.voice.speech_tables import Table

_ON_ITS_OWN: Final = "999", "112", "101", "111", "105", "119", "18000", "116 123", "116123", "0800 1111"
"""Short numbers to call in Britain (Ofcom, National Telephone Numbering Plan): everybody knows them by their digits."""
_AREA: Final = 5
_GROUP: Final = 3
_OF_ROADS: Final = 2
"""Digits of its number that are read as one; of references, too."""
_AMOUNT: Final = r"\d{1,3}(?:,\d{3}){1,4}|\d{1,15}"


def digits(number: str) -> str:
    """Digit by digit, in the groups it was written in, or in groups that one can write down."""
    written = re.findall(r"\d+", number)
    groups = [group for at, one in enumerate(written) for group in _groups(one, first=at == 0)]
    return ", ".join(" ".join(group) for group in groups)


def _groups(written: str, *, first: bool) -> list[str]:
    if len(written) <= _AREA:
        return [written]
    start = _AREA if first else _GROUP
    rest = range(start, len(written), _GROUP)
    return [written[:start], *(written[at : at + _GROUP] for at in rest)]


def _phone(found: Found, table: Table) -> str:
    plus = f"{table.plus} " if "+" in found[0] else ""
    return plus + digits(found[0])


def _digits(found: Found, _: Table) -> str:
    return digits(found[0])


def _postcode(found: Found, _: Table) -> str:
    district = re.sub(r"(?<=\d)(?=[A-Z])", " ", found["postcode_district"])
    unit = f"{found['postcode_sector']} {' '.join(found['postcode_unit'])}"
    return f"{' '.join(found['postcode_area'])} {district}, {unit}"


def _road(found: Found, _: Table) -> str:
    number = found["road_number"]
    read = number if len(number) <= _OF_ROADS else " ".join(number)
    return " ".join(
        filter(None, (" ".join(found["road_letters"]), read, (found["road_kind"] or "").strip("()")))
    )


def _money(found: Found, table: Table) -> str:
    if table.pounds is None:
        return found[0]
    one, many = table.pounds
    whole, pence, scale = found["pounds"], found["pence"] or "", found["scale"]
    if scale:
        return f"{whole}{'.' if pence else ''}{pence} {table.scales[scale]} {many}"
    pounds = f"{whole} {one if whole == '1' else many}"
    return f"{pounds} {pence.ljust(2, '0')}" if pence.strip("0") else pounds


def _unit(found: Found, table: Table) -> str:
    one, many = table.units[found["unit"]]
    minus = f"{table.minus} " if found["minus"] else ""
    return f"{minus}{found['amount']} {one if found['amount'] == '1' else many}"


def _range(_: Found, table: Table) -> str:
    return f" {table.to} "


NUMBERS: Final = (
    Reading(
        "phone",
        lambda _: (
            r"(?<![\w.,])(?:\+44(?:[ ()-]{0,2}\d){9,11}|\+\d(?:[ ()-]{0,2}\d){7,14}"
            r"|\(?0(?:[ ()-]{0,2}\d){9,10})(?!\w)"
        ),
        _phone,
    ),
    Reading(
        "postcode",
        lambda _: (
            r"\b(?P<postcode_area>[A-Z]{1,2})(?P<postcode_district>\d[A-Z\d]?) ?"
            r"(?P<postcode_sector>\d)(?P<postcode_unit>[A-Z]{2})\b"
        ),
        _postcode,
    ),
    Reading(
        "road",
        lambda _: r"\b(?P<road_letters>[A-Z]{1,2})(?P<road_number>\d{1,12})(?P<road_kind>\(M\))?(?!\w)",
        _road,
    ),
    Reading(
        "money",
        lambda table: (
            rf"£(?P<pounds>{_AMOUNT})(?:\.(?P<pence>\d{{1,2}}))?"
            rf"(?P<scale>{one_of(table.scales)})?(?!\w|[.,]\d)"
        ),
        _money,
    ),
    Reading(
        "measure",
        lambda table: (
            rf"(?:(?<!\S)(?P<minus>[-\u2212])|(?<![\w.,]))(?P<amount>(?:{_AMOUNT})(?:\.\d{{1,6}})?)\s?"
            rf"(?P<unit>{one_of(table.units)})(?!\w)"
        ),
        _unit,
    ),
    Reading("short_number", lambda _: rf"(?<![\w.,£-])(?:{one_of(_ON_ITS_OWN)})(?![\w-]|[.,]\d)", _digits),
    Reading("long_number", lambda _: r"(?<![\w.,£])(?:0\d{3,}|\d{7,})(?!\w|[.,]\d)", _digits),
    Reading(
        "range",
        lambda _: r"(?:(?<=\d)(?<!\d{5})|(?<=[ap]m)|(?<=y[bph]))\s?[-\u2013\u2014]\s?(?=£?\d{1,4}(?!\d))",
        _range,
    ),
)
