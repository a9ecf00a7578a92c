"""What an answer says, whatever it is: JSON of any shape, or none."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from pydantic_core import from_json

_LONGEST_WORDS: Final = 300
_LONGEST_WAIT: Final = timedelta(hours=1)

Object = Mapping[str, object]
_NOTHING: Final[Object] = {}


def object_of(text: str) -> Object:
    """The JSON object an answer is; an empty one where it is none."""
    try:
        found: object = from_json(text)
    except ValueError:
        return _NOTHING
    return found if isinstance(found, dict) else _NOTHING


def objects_of(found: object) -> list[Object]:
    """The objects of a JSON list."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def listed(said: Object, name: str) -> list[Object]:
    """The objects of a page.

    Raises:
        ValueError: It is none: what was asked for may be there or not.
    """
    found = said.get(name)
    if isinstance(found, list):
        return objects_of(found)
    raise ValueError(name)


def text_of(found: object) -> str:
    """A string; empty where it is none."""
    return found if isinstance(found, str) else ""


def words_of(text: str) -> str:
    """What of an answer's words is kept for the ledger: one line of printable characters, at most 300."""
    line = text[:_LONGEST_WORDS].rstrip()
    return line if line.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in line)


def wait_of(retry_after: str | None, *, now: datetime) -> timedelta | None:
    """How long `Retry-After` asks to wait, in seconds or until a date (RFC 9110 section 10.2.3); an hour at most."""
    if not retry_after:
        return None
    if retry_after.isascii() and retry_after.isdecimal():
        return min(timedelta(seconds=int(retry_after[:6])), _LONGEST_WAIT)
    moment = moment_of(retry_after)
    return None if moment is None else max(timedelta(), min(moment - now, _LONGEST_WAIT))


def moment_of(date: object) -> datetime | None:
    """A date as of email (RFC 2822); None where it is none."""
    try:
        moment = parsedate_to_datetime(text_of(date))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
