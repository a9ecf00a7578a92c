"""Times and durations as operators give them: ISO 8601."""

from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import TypeAdapter, ValidationError

from tocsin_cli.errors import misuse

_MOMENT: Final = TypeAdapter(datetime)
_DURATION: Final = TypeAdapter(timedelta)


def duration(text: str, *, option: str) -> timedelta:
    """A duration above zero, e.g. PT10M or P1DT12H.

    Raises:
        CommandError: It is none.
    """
    try:
        found = _DURATION.validate_python(text) if text.startswith("P") else timedelta()
    except ValidationError:
        found = timedelta()
    if found <= timedelta():
        raise misuse(f"{option}: a duration such as PT10M (ten minutes), PT2H or P1D.")
    return found


def moment(text: str, *, option: str, now: datetime) -> datetime:
    """A moment with its time zone (UTC where it names none), or a duration before now.

    Raises:
        CommandError: It is neither.
    """
    if text.startswith("P"):
        return now - duration(text, option=option)
    try:
        found = _MOMENT.validate_python(text)
    except ValidationError as error:
        raise misuse(
            f"{option}: a time such as 2026-11-05T12:00:00Z, or a duration such as PT24H."
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def shown(moment: datetime) -> str:
    """In UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"


def lasting(length: timedelta) -> str:
    """In one unit, as people say it: 0.4 s, 12 s, 5 min, 3 h, 2 d."""
    seconds = length.total_seconds()
    if abs(seconds) < 10:  # noqa: PLR2004 - from there on tenths tell nobody anything
        return f"{seconds:.1f} s"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
