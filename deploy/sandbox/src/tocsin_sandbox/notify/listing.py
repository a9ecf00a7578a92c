"""The list of a service's notifications: newest first, filtered, in pages of 250."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final
from urllib.parse import urlencode

from tocsin_sandbox.notify.resource import notification
from tocsin_sandbox.phones.kept import Kept
from tocsin_sandbox.phones.text import Provider, Text

Query = Mapping[str, Sequence[str]]

PAGE: Final = 250
_FAILED: Final = frozenset({"technical-failure", "temporary-failure", "permanent-failure"})


def page(kept: Kept, query: Query, *, service: str, base: str, template: str) -> dict[str, object]:
    """One page; the link to the next is there while there may be more."""
    texts = list(islice(_found(kept, query, service=service), PAGE))
    path = f"{base}/v2/notifications"
    links = {"current": f"{path}?{urlencode(query, doseq=True)}"}
    if texts:
        links["next"] = f"{path}?{urlencode({**query, 'older_than': texts[-1].ref}, doseq=True)}"
    return {
        "notifications": [notification(text, base=base, template=template) for text in texts],
        "links": links,
    }


def _found(kept: Kept, query: Query, *, service: str) -> Iterator[Text]:
    if "template_type" in query and "sms" not in query["template_type"]:
        return
    statuses = _statuses(query)
    before = _before(kept, query)
    texts = kept.of_reference(query["reference"][0]) if "reference" in query else kept.newest_first()
    for text in texts:
        if text.inbound or text.draft.provider is not Provider.NOTIFY or text.draft.account != service:
            continue
        if text.number < before and (not statuses or text.status in statuses):
            yield text


def _statuses(query: Query) -> frozenset[str]:
    wanted = frozenset(query.get("status", ()))
    return wanted | _FAILED if "failed" in wanted else wanted


def _before(kept: Kept, query: Query) -> float:
    if "older_than" not in query:
        return float("inf")
    text = kept.get(query["older_than"][0])
    return 0 if text is None else text.number
