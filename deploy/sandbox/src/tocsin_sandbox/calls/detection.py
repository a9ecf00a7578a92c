"""What answering machine detection says (https://www.twilio.com/docs/voice/answering-machine-detection)."""

from dataclasses import dataclass
from typing import Final

from tocsin_sandbox.calls.call import Asked
from tocsin_sandbox.phones.callee import Callee, Who

MESSAGE_END: Final = "DetectMessageEnd"
_SILENCE_S: Final = 2.0
"""After a greeting without a beep."""
_MACHINE_S: Final = 2.0
"""What a machine says is too long for a person after this."""


@dataclass(frozen=True, slots=True)
class Detected:
    """Who answered, and after how many seconds that was known."""

    answered_by: str
    after_s: float


def detected(asked: Asked, callee: Callee) -> Detected | None:
    """None where nobody asked."""
    if not asked.detection:
        return None
    answered_by, after_s = _truth(callee, to_the_end=asked.detection == MESSAGE_END)
    if callee.detection_s is not None:
        after_s = callee.detection_s
    if after_s > asked.detection_s:
        return Detected("unknown", asked.detection_s)
    return Detected(callee.answered_by or answered_by, after_s)


def _truth(callee: Callee, *, to_the_end: bool) -> tuple[str, float]:
    if callee.who is Who.HUMAN:
        return "human", callee.greeting_s
    if callee.who is Who.FAX:
        return "fax", min(callee.greeting_s, _MACHINE_S)
    if not to_the_end:
        return "machine_start", min(callee.greeting_s, _MACHINE_S)
    if callee.beep:
        return "machine_end_beep", callee.greeting_s
    return "machine_end_silence", callee.greeting_s + _SILENCE_S
