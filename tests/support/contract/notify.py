"""Texts through GOV.UK Notify."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from uuid import uuid4

from tests.support.contract.rig import Bench, Rig
from tests.support.contract.texts import DEADLINE, STALLS, running, says
from tests.support.sms_channels import ADA, KEY, SHOWN, a_claim, a_text, notify
from tocsin_runtime.delivery.channel import OutcomeClass


def through(folder: Path, *, key: str = KEY, **values: object) -> AbstractAsyncContextManager[Bench]:
    account: Mapping[str, object] = notify("", api_key=key)
    return running(folder, account, **values)


NOTIFY_RIG = Rig(
    name="notify",
    running=through,
    address=ADA,
    claim=a_claim,
    content=a_text,
    secrets=[KEY, SHOWN, "k" * 32],
    rules={
        OutcomeClass.RETRY_SAFE: says(429, "RateLimitError"),
        OutcomeClass.AMBIGUOUS: {"phase": "create", "action": {"type": "drop_after_accept"}},
        OutcomeClass.PERMANENT: says(418, "Teapot"),
        OutcomeClass.SUPPRESS: says(400, "ValidationError", "phone_number Not enough digits"),
        OutcomeClass.PAUSE: says(400, "BadRequestError", "sms_sender_id does not exist"),
        OutcomeClass.DEFECT: says(400, "ValidationError", "personalisation is not an object"),
    },
    stalls=STALLS,
    deadline=DEADLINE,
    refuses_us=lambda folder: through(folder, key=str(uuid4())),
)
