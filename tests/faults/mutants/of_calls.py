"""Seeded bugs of calls: lines and households, whom nobody knows to have been called, what a call comes to."""

from typing import Final

from tests.faults.mutants.mutant import Mutant

_AT_ONCE: Final = "two calls at once"

CALLS: Final = (
    Mutant(
        "line-not-seized",
        "I2",
        (_AT_ONCE,),
        "calls",
        "Whoever wants a line gets it: a number is called while somebody speaks with it about another alert.",
    ),
    Mutant(
        "line-free-once-taken",
        "I2",
        (_AT_ONCE,),
        "calls",
        "A line is free as soon as the provider has taken the call, which then rings.",
    ),
    Mutant(
        "household-called-again",
        "I2",
        ("household called twice",),
        "calls",
        "A line is seized whether or not the household's call is another number's.",
    ),
    Mutant(
        "busy-for-seconds",
        "I2",
        ("called again too soon", "called too often"),
        "calls",
        "Minutes are taken for seconds: whose line is busy is called again as soon as it is free.",
    ),
    Mutant(
        "stop-of-calls-stops-texts",
        "I3",
        ("withdrawal lost", "claimed after the opt-out", "handed over after the opt-out"),
        "calls",
        "Who presses 9 twice withdraws from the channel that others text STOP on.",
    ),
    Mutant(
        "forged-call-believed",
        "I5",
        ("forgery believed",),
        "calls",
        "A report that shows a reference of ours needs no signature, and everybody on its way has seen that.",
    ),
    Mutant(
        "machine-has-heard",
        "I5",
        ("heard by a machine",),
        "calls",
        "What a machine has recorded counts as heard.",
    ),
    Mutant(
        "calls-not-paced",
        "I7",
        ("too fast",),
        "calls",
        "Callers are paced where that was switched off, and nowhere else.",
    ),
    Mutant(
        "called-number-in-log",
        "I8",
        ("address leaked",),
        "calls",
        "Who is spoken to is logged with the number.",
    ),
)
