"""The list of an account's calls: newest first, filtered, in pages."""

from collections.abc import Iterator

from tocsin_sandbox.calls.call import Call
from tocsin_sandbox.calls.calls import Calls
from tocsin_sandbox.twilio.call_resource import call_resource
from tocsin_sandbox.twilio.paging import Query, page_of, window_of


def call_page(calls: Calls, query: Query, *, account: str) -> dict[str, object]:
    """One page.

    Raises:
        ValueError: A date, a size or a token is none.
    """
    found = _found(calls, query, account=account)
    return page_of(found, query, account=account, name="Calls", shown=call_resource)


def _found(calls: Calls, query: Query, *, account: str) -> Iterator[Call]:
    """A call that was not dialled yet is found by when it was asked for."""
    started, ended = window_of(query, "StartTime"), window_of(query, "EndTime")
    wanted = {name: query[name] for name in ("To", "From", "Status") if query.get(name)}
    for call in calls.newest_first():
        asked = call.asked
        known = {"To": asked.to, "From": asked.sender, "Status": call.status}
        if asked.account != account or not wanted.items() <= known.items():
            continue
        if _in(call.dialled_at or call.created_at, started) and _in(call.ended_at or 0, ended):
            yield call


def _in(time: float, window: tuple[float, float]) -> bool:
    return window[0] <= int(time) <= window[1]
