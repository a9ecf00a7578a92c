"""Links, dates, times and abbreviations: how they look, and how they are read."""

import re
from typing import Final

from tocsin_runtime.voice.reading import Found, Reading, one_of, rest_after, word_before
from tocsin_runtime.voice.speech_tables import Table

_NEVER: Final = "(?!)"
_AFTER_A_LINK: Final = ".,;:!?)'"
_ENDINGS: Final = (
    "gov.uk", "police.uk", "nhs.uk", "org.uk", "co.uk", "ac.uk", "uk", "cymru", "wales", "com", "org",
)  # fmt: skip
_TWO_DIGITS: Final = 10
_OF_A_SAINT: Final = re.compile(r"St\w+s\b")
"""Bury St Edmunds, Lytham St Annes."""


def _email(found: Found, table: Table) -> str:
    return found[0].replace("@", f" {table.at} ").replace(".", f" {table.dot} ")


def _link(found: Found, table: Table) -> str:
    """A link cannot be heard: it is said that there is one."""
    link = found[0].rstrip(_AFTER_A_LINK)
    rest = found[0][len(link) :]
    if not table.website:
        return link.split("://")[-1].split("/")[0] + rest
    introduced = word_before(found).lower() in table.before_website
    return (table.website if introduced else table.see_website) + rest


def _three_words(found: Found, _: Table) -> str:
    return found[0].strip("/").replace(".", ", ")


def _date(found: Found, table: Table) -> str:
    year, month, day = found["iso"].split("-") if found["iso"] else reversed(re.split("[/.]", found["dmy"]))
    return f"{int(day)} {table.months[int(month) - 1]} {int(year) % 100 + 2000}"


def _month(found: Found, table: Table) -> str:
    return f"{found['month_day']} {table.months[table.short_months[found['short_month']] - 1]}"


def _days(found: Found, table: Table) -> str:
    return f"{table.short_days[found['from_day']]} {table.to} {table.short_days[found['to_day']]}"


def _day(found: Found, table: Table) -> str:
    return table.short_days[found["short_day"]]


def _clock(found: Found, table: Table) -> str:
    half = found["clock_half"]
    time = _time(int(found["clock_h"]), int(found["clock_m"]), half=half, table=table)
    return time + _stop_of(found, half=half)


def _hour(found: Found, table: Table) -> str:
    half = found["hour_half"]
    time = _time(int(found["hour_h"]), int(found["hour_m"] or 0), half=half, table=table)
    return time + _stop_of(found, half=half)


def _stop_of(found: Found, *, half: str | None) -> str:
    after = "." if found[0].endswith(".") else ""
    return _stop(found, after=after) if half and "." in half else after


def _time(hour: int, minute: int, *, half: str | None, table: Table) -> str:
    if half:
        hour = hour % 12 + table.halves[half.lower()]
    if minute == 0 and hour % 12 == 0:
        return table.midday if hour else table.midnight
    part = next(name for first, name in table.parts if hour >= first)
    if minute == 0:
        return table.hour.format(hour=hour % 12 or 12, part=part)
    minutes = f"{minute}" if minute >= _TWO_DIGITS else f"{table.zero} {minute}"
    return f"{hour % 12 or 12} {minutes} {part}"


def _word(found: Found, table: Table) -> str:
    """A stop that is followed by a new sentence, or nothing, ends the one before it, too."""
    word = found["short"]
    return table.words[word] + _stop(found, after=found[0][len(word) :])


def _by_place(found: Found, table: Table) -> str:
    word = found["placed"]
    after_name, before_name = table.by_place[word]
    before = word_before(found)
    follows = before[:1].isupper() and before[-1:].isalnum()
    after = rest_after(found)
    if after[:1].isupper() and (not follows or _OF_A_SAINT.match(found[0] + after)):
        return before_name
    return after_name + _stop(found, after=found[0][len(word) :])


def _stop(found: Found, *, after: str) -> str:
    rest = rest_after(found)
    return after if not rest or rest[0].isupper() else ""


def _email_pattern(table: Table) -> str:
    return r"(?<!\w)[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}" if table.at else _NEVER


def _date_pattern(table: Table) -> str:
    if not table.months:
        return _NEVER
    day, month = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])"
    return (
        rf"(?<!\d)(?:(?P<iso>20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))"
        rf"|(?P<dmy>{day}/{month}/(?:20)?\d\d|{day}\.{month}\.(?:20)?\d\d))(?!\d)"
    )


def _month_pattern(table: Table) -> str:
    months = one_of(table.short_months)
    return (
        rf"(?<!\d)(?P<month_day>\d{{1,2}})(?:st|nd|rd|th|af|ain|eg|fed|ydd)?\s?(?P<short_month>{months})\b\.?"
    )


def _days_pattern(table: Table) -> str:
    days = one_of(table.short_days)
    return rf"\b(?P<from_day>{days})\s?[-\u2013\u2014]\s?(?P<to_day>{days})\b"


def _clock_pattern(table: Table) -> str:
    """An hour of 24; one of 12 where its half is named."""
    if not table.parts:
        return _NEVER
    halves = one_of(table.halves)
    return (
        r"(?<![\d.:])(?P<clock_h>[01]?\d|2[0-3]):(?P<clock_m>[0-5]\d)"
        rf"(?:(?P<clock_half>(?i:{halves}))(?!\w)\.?|\s?hrs\b)?(?![\d:])"
    )


def _hour_pattern(table: Table) -> str:
    return (
        r"(?<![\d.:,])(?P<hour_h>1[0-2]|0?[1-9])(?:\.(?P<hour_m>[0-5]\d))?"
        rf"(?P<hour_half>(?i:{one_of(table.halves)}))(?!\w)\.?"
    )


LINKS: Final = (
    Reading("email", _email_pattern, _email),
    Reading("three_words", lambda _: r"///[^\W\d_]{1,40}\.[^\W\d_]{1,40}\.[^\W\d_]{1,40}", _three_words),
    Reading(
        "link",
        lambda _: (
            rf"(?i:\bhttps?://\S{{1,2000}}|\bwww\.\S{{1,2000}}"
            rf"|(?<![\w.-])(?:[a-z0-9-]{{1,63}}\.){{1,4}}(?:{one_of(_ENDINGS)})(?![\w-])(?:/\S{{0,2000}})?)"
        ),
        _link,
    ),
)
DATES: Final = (
    Reading("date", _date_pattern, _date),
    Reading("month", _month_pattern, _month),
    Reading("days", _days_pattern, _days),
    Reading("day", lambda table: rf"\b(?P<short_day>{one_of(table.short_days)})\b\.?(?=,?\s\d)", _day),
    Reading("clock", _clock_pattern, _clock),
    Reading("hour", _hour_pattern, _hour),
)
WORDS: Final = (
    Reading("word", lambda table: rf"(?<![\w.])(?P<short>{one_of(table.words)})(?!\w)\.?", _word),
    Reading("place", lambda table: rf"(?<![\w.])(?P<placed>{one_of(table.by_place)})(?!\w)\.?", _by_place),
)
