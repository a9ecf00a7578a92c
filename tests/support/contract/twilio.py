"""Texts through Twilio."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from tests.support.contract.rig import Bench, Rig
from tests.support.contract.texts import DEADLINE, STALLS, running, says
from tests.support.sms_channels import ADA, TOKEN, a_claim, a_text, twilio
from tocsin_runtime.delivery.channel import OutcomeClass


def through(folder: Path, *, token: str = TOKEN, **values: object) -> AbstractAsyncContextManager[Bench]:
    account: Mapping[str, object] = twilio("", auth_token=token)
    return running(folder, account, **values)


TWILIO_RIG = Rig(
    name="twilio",
    running=through,
    address=ADA,
    claim=a_claim,
    content=a_text,
    secrets=[TOKEN, "k" * 32],
    rules={
        OutcomeClass.RETRY_SAFE: says(429, 20429),
        OutcomeClass.AMBIGUOUS: {"phase": "create", "action": {"type": "drop_after_accept"}},
        OutcomeClass.PERMANENT: says(400, 21612),
        OutcomeClass.SUPPRESS: says(400, 21614),
        OutcomeClass.PAUSE: says(400, 21606),
        OutcomeClass.DEFECT: says(400, 21617),
    },
    stalls=STALLS,
    deadline=DEADLINE,
    refuses_us=lambda folder: through(folder, token="another"),
)
