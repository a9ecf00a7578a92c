"""One page of a list of Twilio's: newest first, each page with the address of the next."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Final, Protocol, TypeVar
from urllib.parse import urlencode

from tocsin_sandbox.twilio.resource import VERSION

Query = Mapping[str, str]

MAX_PAGE: Final = 1_000
_USUAL_PAGE: Final = 50
_DAY_S: Final = 86_400.0
_DATE_LENGTH: Final = len("2026-01-01")


class Numbered(Protocol):
    """What a page counts by."""

    @property
    def number(self) -> int:
        """Higher ones are newer."""


NumberedT = TypeVar("NumberedT", bound=Numbered)


def page_of(
    found: Iterable[NumberedT],
    query: Query,
    *,
    account: str,
    name: str,
    shown: Callable[[NumberedT], dict[str, object]],
) -> dict[str, object]:
    """The page the query asks for; `name` is the list's, as in its address.

    Raises:
        ValueError: A size or a token is none.
    """
    size = min(int(query.get("PageSize", _USUAL_PAGE)), MAX_PAGE)
    number = int(query.get("Page", 0))
    before = int(query["PageToken"].removeprefix("PA"), 16) if "PageToken" in query else None
    items = list(islice((item for item in found if before is None or item.number < before), size + 1))
    path = f"/{VERSION}/Accounts/{account}/{name}.json"
    first = {**query, "PageSize": str(size), "Page": "0"}
    first.pop("PageToken", None)
    following = None
    if len(items) > size:
        token = f"PA{items[size - 1].number:032x}"
        following = f"{path}?{urlencode({**first, 'Page': str(number + 1), 'PageToken': token})}"
    return {
        name.lower(): [shown(item) for item in items[:size]],
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(len(items[:size]) - 1, 0),
        "uri": f"{path}?{urlencode(query)}",
        "first_page_uri": f"{path}?{urlencode(first)}",
        "next_page_uri": following,
        "previous_page_uri": None,
    }


def window_of(query: Query, field: str) -> tuple[float, float]:
    """From when until when, both included; a date is a whole day.

    Raises:
        ValueError: One of them is no time.
    """
    from_s, until_s = 0.0, float("inf")
    if on := query.get(field):
        from_s, until_s = _span(on)
    if after := query.get(f"{field}>"):
        from_s = _span(after)[0]
    if before := query.get(f"{field}<"):
        until_s = _span(before)[1]
    return from_s, until_s


def _span(moment: str) -> tuple[float, float]:
    time = datetime.fromisoformat(moment)
    start = time.replace(tzinfo=time.tzinfo or UTC).timestamp()
    return start, start + _DAY_S - 1 if len(moment) == _DATE_LENGTH else start
