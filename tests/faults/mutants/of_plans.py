"""Seeded bugs of plans: when a step begins, for whom, and what it should have known by then."""

from typing import Final

from tests.faults.mutants.mutant import Mutant

_PASSED_OVER: Final = "silent, and passed over"
_CLAIMED: Final = "escalated although reached"
_BEGUN: Final = "begun although reached"

PLANS: Final = (
    Mutant(
        "sent-counts-as-reached",
        "I1",
        (_PASSED_OVER,),
        "plans",
        "Whose message left is taken for reached, and the next step is for nobody.",
    ),
    Mutant(
        "late-step-left-out",
        "I1",
        (_PASSED_OVER,),
        "plans",
        "A step whose time was some seconds ago is over: what kept it back has silenced it.",
    ),
    Mutant(
        "step-without-mark",
        "I3",
        (_CLAIMED, _BEGUN),
        "plans",
        "Neither step nor claim waits until the merge is known to have come so far: late news counts as silence.",
    ),
    Mutant(
        "mark-before-the-merge",
        "I3",
        (_CLAIMED, _BEGUN),
        "plans",
        "A barrier that the merge has not reached yet moves the mark on all the same.",
    ),
    Mutant(
        "claim-after-news",
        "I3",
        (_CLAIMED,),
        "plans",
        "Who was silent when the step began gets it, whatever came before the claim.",
    ),
    Mutant(
        "step-for-everybody",
        "I3",
        (_BEGUN,),
        "plans",
        "A step makes deliveries to those whom an earlier one reached, and leaves the rest to the claim.",
    ),
    Mutant(
        "only-the-step-before",
        "I3",
        (_CLAIMED, _BEGUN),
        "plans",
        "Whether somebody was reached the step before tells: who was reached by the first gets the third.",
    ),
    Mutant(
        "moved-on-by-one-failure",
        "I3",
        ("begun too early", _BEGUN),
        "plans",
        "One address that failed moves its member on, though another message may arrive yet.",
    ),
)
