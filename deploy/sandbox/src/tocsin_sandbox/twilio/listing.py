"""The list of an account's messages: newest first, filtered, in pages."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Final
from urllib.parse import urlencode

from tocsin_sandbox.phones.kept import Kept
from tocsin_sandbox.phones.text import Provider, Text
from tocsin_sandbox.twilio.behaviour import TwilioBehaviour
from tocsin_sandbox.twilio.resource import VERSION, resource

Query = Mapping[str, str]

MAX_PAGE: Final = 1_000
_USUAL_PAGE: Final = 50
_DAY_S: Final = 86_400.0
_DATE_LENGTH: Final = len("2026-01-01")


def page(kept: Kept, query: Query, *, account: str, behaviour: TwilioBehaviour) -> dict[str, object]:
    """One page.

    Raises:
        ValueError: A date, a size or a token is none.
    """
    size = min(int(query.get("PageSize", _USUAL_PAGE)), MAX_PAGE)
    number = int(query.get("Page", 0))
    before = int(query["PageToken"].removeprefix("PA"), 16) if "PageToken" in query else None
    found = _found(kept, query, account=account)
    texts = list(islice((text for text in found if before is None or text.number < before), size + 1))
    path = f"/{VERSION}/Accounts/{account}/Messages.json"
    first = {**query, "PageSize": str(size), "Page": "0"}
    first.pop("PageToken", None)
    following = None
    if len(texts) > size:
        token = f"PA{texts[size - 1].number:032x}"
        following = f"{path}?{urlencode({**first, 'Page': str(number + 1), 'PageToken': token})}"
    return {
        "messages": [resource(text, behaviour) for text in texts[:size]],
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(len(texts[:size]) - 1, 0),
        "uri": f"{path}?{urlencode(query)}",
        "first_page_uri": f"{path}?{urlencode(first)}",
        "next_page_uri": following,
        "previous_page_uri": None,
    }


def _found(kept: Kept, query: Query, *, account: str) -> Iterator[Text]:
    from_s, until_s = _window(query)
    texts = kept.of_phone(query["To"]) if query.get("To") else kept.newest_first()
    for text in texts:
        draft = text.draft
        if draft.provider is not Provider.TWILIO or draft.account != account:
            continue
        if query.get("To", draft.to) != draft.to or query.get("From", draft.sender) != draft.sender:
            continue
        if from_s <= int(text.taken_at) <= until_s:
            yield text


def _window(query: Query) -> tuple[float, float]:
    """From when until when, both included; a date is a whole day."""
    from_s, until_s = 0.0, float("inf")
    if on := query.get("DateSent"):
        from_s, until_s = _span(on)
    if after := query.get("DateSent>"):
        from_s = _span(after)[0]
    if before := query.get("DateSent<"):
        until_s = _span(before)[1]
    return from_s, until_s


def _span(moment: str) -> tuple[float, float]:
    time = datetime.fromisoformat(moment)
    start = time.replace(tzinfo=time.tzinfo or UTC).timestamp()
    return start, start + _DAY_S - 1 if len(moment) == _DATE_LENGTH else start
