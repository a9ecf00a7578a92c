"""What Notify reports of a text (docs.notifications.service.gov.uk, "Text message status descriptions")."""

from collections.abc import Mapping
from typing import Final

from tocsin_providers.report import Report
from tocsin_runtime.delivery.channel import OutcomeClass
from tocsin_schemas.words import Reason

_UNREACHABLE_RETRIES: Final = (300.0, 1_200.0, 3_600.0)
_TWICE_MORE: Final = 3

REPORTS: Final[Mapping[str, Report]] = {
    # `sent` went abroad: some networks tell no more.
    **{
        status: Report(status, OutcomeClass.OK, final=False)
        for status in ("created", "sending", "pending", "sent")
    },
    "delivered": Report("delivered", OutcomeClass.OK),
    "permanent-failure": Report("permanent-failure", OutcomeClass.PERMANENT, Reason.ADDRESS_UNKNOWN),
    "temporary-failure": Report(
        "temporary-failure",
        OutcomeClass.RETRY_SAFE,
        Reason.HANDSET_UNREACHABLE,
        retries=_UNREACHABLE_RETRIES,
        most=1 + len(_UNREACHABLE_RETRIES),
    ),
    # "Your message was not sent because there was a problem between Notify and the provider."
    "technical-failure": Report(
        "technical-failure", OutcomeClass.RETRY_SAFE, Reason.CARRIER_FAULT, most=_TWICE_MORE
    ),
}


def report_of(status: str) -> Report | None:
    """Say what a status means; None where it is none of a text."""
    return REPORTS.get(status)
