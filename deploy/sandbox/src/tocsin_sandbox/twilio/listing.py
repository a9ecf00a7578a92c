"""The list of an account's messages: newest first, filtered, in pages."""

from collections.abc import Iterator

from tocsin_sandbox.phones.kept import Kept
from tocsin_sandbox.phones.text import Provider, Text
from tocsin_sandbox.twilio.behaviour import TwilioBehaviour
from tocsin_sandbox.twilio.paging import Query, page_of, window_of
from tocsin_sandbox.twilio.resource import resource


def page(kept: Kept, query: Query, *, account: str, behaviour: TwilioBehaviour) -> dict[str, object]:
    """One page.

    Raises:
        ValueError: A date, a size or a token is none.
    """
    found = _found(kept, query, account=account)
    return page_of(
        found, query, account=account, name="Messages", shown=lambda text: resource(text, behaviour)
    )


def _found(kept: Kept, query: Query, *, account: str) -> Iterator[Text]:
    from_s, until_s = window_of(query, "DateSent")
    texts = kept.of_phone(query["To"]) if query.get("To") else kept.newest_first()
    for text in texts:
        draft = text.draft
        if draft.provider is not Provider.TWILIO or draft.account != account:
            continue
        if query.get("To", draft.to) != draft.to or query.get("From", draft.sender) != draft.sender:
            continue
        if from_s <= int(text.taken_at) <= until_s:
            yield text
