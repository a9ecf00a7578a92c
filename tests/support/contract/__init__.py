"""What every channel must do, against its stand-in: a channel is one file here, and a line in `RIGS`."""

from collections.abc import Sequence

from tests.support.contract.email import EMAIL_RIG
from tests.support.contract.notify import NOTIFY_RIG
from tests.support.contract.rig import Rig
from tests.support.contract.twilio import TWILIO_RIG
from tests.support.contract.voice import VOICE_RIG

RIGS: Sequence[Rig] = (EMAIL_RIG, TWILIO_RIG, NOTIFY_RIG, VOICE_RIG)
