"""The steps an alert takes from channel to channel: as posted, by default, as stored."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from alert_api.alert_post import AlertPost, PlanStep, Unless
from alert_api.problems import Fault
from tocsin_schemas.words import Channel, Severity, State
from tocsin_store.waves import Step

Plans = Mapping[Severity, Sequence[PlanStep]]
"""What an alert of a severity does that names neither channels nor a plan."""


def planned(post: AlertPost, *, defaults: Plans) -> AlertPost:
    """An alert with its channels or its plan filled in, and in a plan whom each later step leaves out."""
    if post.channels is not None:
        return post
    plan = post.plan or defaults.get(post.severity)
    if plan is None:
        return post.model_copy(update={"channels": [Channel.EMAIL]})
    first, *later = plan
    filled = [step.model_copy(update={"unless": step.unless or Unless.DELIVERED}) for step in later]
    return post.model_copy(update={"plan": [first, *filled]})


def steps_of(post: AlertPost) -> list[Step]:
    """Its steps; see `planned`."""
    if post.plan is None:
        return [Step(post.channels or [])]
    return [
        Step(step.channels, step.after or timedelta(), State(step.unless) if step.unless else None)
        for step in post.plan
    ]


def faults_of_plan(plan: Sequence[PlanStep], *, lasts: timedelta) -> Iterator[Fault]:
    """Where its steps do not follow on each other, or come when the alert is over.

    Args:
        plan: As posted.
        lasts: From when the alert begins until it expires.
    """
    for field in ("after", "unless"):
        if getattr(plan[0], field) is not None:
            yield Fault(
                f"/plan/0/{field}", "first_step", "The first step begins with the alert, for everybody."
            )
    for number, (before, step) in enumerate(pairwise(plan), start=1):
        where = f"/plan/{number}/after"
        if step.after is None:
            yield Fault(where, "required", "How long after the alert begins, e.g. PT5M.")
        elif step.after <= (before.after or timedelta()):
            yield Fault(where, "after_the_last", "Must be later than the step before.")
        elif step.after >= lasts:
            yield Fault(where, "before_expiry", "The alert has expired then.")
