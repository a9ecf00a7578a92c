"""Seeded bugs of texts: what providers are asked, what they report, who texts back, and how fast a sender may be."""

from typing import Final

from tests.faults.mutants.mutant import Mutant

_TOO_OFTEN: Final = "accepted too often"

TEXTS: Final = (
    Mutant(
        "carrier-fault-is-final",
        "I1",
        ("never tried again",),
        "texts",
        "A carrier's fault that is over in seconds is taken for the last word.",
    ),
    Mutant(
        "text-sent-again-unasked",
        "I2",
        (_TOO_OFTEN,),
        "texts",
        "What may have arrived is sent again, and nobody asks the provider whether it has it.",
    ),
    Mutant(
        "text-ambiguous-as-refused",
        "I2",
        (_TOO_OFTEN, "refused although accepted"),
        "texts",
        "A provider that broke after it had taken a text counts as one that did not take it.",
    ),
    Mutant(
        "blind-as-absent",
        "I2",
        ("looked up and not found", _TOO_OFTEN),
        "texts",
        "A provider that cannot say whether it has a text is taken to say that it has not.",
    ),
    Mutant(
        "both-providers-at-once",
        "I2",
        ("through both providers", "accepted twice under one claim", _TOO_OFTEN),
        "texts",
        "What one provider may have taken goes on to the other at once.",
    ),
    Mutant(
        "stop-of-one-purpose",
        "I3",
        ("withdrawal lost",),
        "orderly",
        "STOP ends the consent to one kind of message, where whoever texts it wants none of them.",
    ),
    Mutant(
        "stop-answered-before-commit",
        "I3",
        ("withdrawal lost", "claimed after the opt-out", "handed over after the opt-out"),
        "orderly",
        "The provider hears that STOP was taken in while that still waits for its turn.",
    ),
    Mutant(
        "forged-report-believed",
        "I5",
        ("forgery believed",),
        "orderly",
        "A report needs a signature, which nobody checks.",
    ),
    Mutant(
        "report-counted-twice",
        "I5",
        ("fact counted twice",),
        "orderly",
        "A report that comes again is a new one, of the moment at which it came.",
    ),
    Mutant(
        "report-of-the-newest-attempt",
        "I5",
        ("callback lost",),
        "texts",
        "What is told of an attempt counts for the last one, whichever it names.",
    ),
    Mutant(
        "provider-id-not-kept",
        "I5",
        ("callback lost",),
        "orderly",
        "Nobody remembers what the provider calls a text: reports that say nothing else find no delivery.",
    ),
    Mutant(
        "failure-takes-back-delivered",
        "I5",
        ("state fell", "state unlike its facts"),
        "orderly",
        "A failure that is told late undoes what had been delivered.",
    ),
    Mutant(
        "pace-ignored",
        "I7",
        ("too fast",),
        "texts-paced",
        "A worker that asks for its sender's turn does not wait for it.",
    ),
    Mutant(
        "number-in-log",
        "I8",
        ("address leaked",),
        "texts",
        "What a provider did not take is logged with its number.",
    ),
    Mutant(
        "reply-in-log",
        "I8",
        ("text leaked",),
        "orderly",
        "What people text back is logged.",
    ),
    Mutant(
        "text-of-twelve-segments",
        "I9",
        ("text too long",),
        "orderly",
        "What is too long for a text is accepted, and sent in more segments than anybody agreed to.",
    ),
)
