"""What the links in messages lead to where they lead nowhere; nothing of theirs is kept in between."""

from fastapi import Response

from alert_api.admission import RETRY_AFTER
from alert_api.html import page


def unknown() -> Response:
    """The token is none of ours, or what it names is gone."""
    return private(
        page(
            "This link does not work",
            "<p>It may have been cut off on its way. Open it again from the message, whole.</p>",
            status=404,
        )
    )


def later() -> Response:
    """The database is down."""
    answer = page("Not right now", "<p>Nothing has changed. Please try again in a minute.</p>", status=503)
    answer.headers.update(RETRY_AFTER)
    return private(answer)


def private(answer: Response) -> Response:
    """A page that nobody keeps."""
    answer.headers["Cache-Control"] = "no-store"
    return answer
