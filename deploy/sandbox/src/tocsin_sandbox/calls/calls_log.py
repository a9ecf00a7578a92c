"""The durable list of the calls a provider took responsibility for, and of what happened in each: JSON, one line an event.

Each line has `at` (unix time), `event`, `sid`, `reference` (the client's own, `-`: none) and `to`. `created` is written
before its request is answered, with all that was asked (`begun`: unix time at which the request began). Then `dialled`;
`answered`; `detected` (`answered_by`); `said` (`hash`: SHA-256 of the words, the first 16 digits; `whole`: said to its
end); `keys` (`keys`); `warned` (`code`); `ended` (`status`, `code`, `duration_s`, `by`). The first line of a log that was
emptied is the event `emptied`, with the last `number` given before.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from hashlib import sha256
from typing import Any, Final

from tocsin_sandbox.calls.call import Asked, Call

FILE_NAME: Final = "calls.log"

_ASKED: Final = tuple(field.name for field in fields(Asked))


def created_line(asked: Asked, *, at: float) -> str:
    """The line of a call that was taken."""
    return _line({"at": at, "event": "created", **asdict(asked)})


def event_line(call: Call, event: str, *, at: float, **details: object) -> str:
    """The line of what happened in a call."""
    common = {
        "at": at,
        "event": event,
        "sid": call.sid,
        "reference": call.asked.reference,
        "to": call.asked.to,
    }
    return _line(common | details)


def emptied_line(last_number: int) -> str:
    """The first line of a log that was emptied."""
    return _line({"event": "emptied", "number": last_number})


def events_of(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """What the lines say."""
    return (json.loads(line) for line in lines)


def asked_of(event: dict[str, Any]) -> Asked:
    """What a call was asked for, from the line of its creation."""
    values = {name: event[name] for name in _ASKED}
    return Asked(**{**values, "events": tuple(event["events"])})


def hash_of(words: str) -> str:
    """What stands in the log for what was said."""
    return sha256(words.encode()).hexdigest()[:16]


def _line(event: dict[str, object]) -> str:
    return json.dumps(event) + "\n"
