"""Plans of the load: every one is lawful, and in time there are all kinds of them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from random import Random

from alert_api.alert_plan import faults_of_plan
from alert_api.alert_post import PlanStep, Unless
from tests.faults.load.plans import drawn_plan, posted
from tocsin_schemas.words import Channel

CHANNELS = tuple(Channel)


def plans(*, lasts: float) -> Iterator[list[PlanStep]]:
    for seed in range(200):
        random = Random(seed)  # noqa: S311 - a draw, not a secret
        drawn = drawn_plan(CHANNELS, waits=(4, 12), lasts=lasts, random=random)
        yield [PlanStep.model_validate_json(json.dumps(step)) for step in posted(drawn)]


def test_every_plan_is_accepted() -> None:
    for lasts in (8.0, 20.0, 300.0):
        for plan in plans(lasts=lasts):
            assert [*faults_of_plan(plan, lasts=timedelta(seconds=lasts))] == []


def test_plans_are_of_all_kinds() -> None:
    drawn = [*plans(lasts=300.0)]
    later = [step for _, *steps in drawn for step in steps]

    assert {len(plan) for plan in drawn} == {2, 3}
    assert {plan[0].channels[0] for plan in drawn} == {*CHANNELS}
    assert {len(step.channels) for step in later} == {1, len(CHANNELS)}
    assert {step.unless for step in later} == {None, *Unless}


def test_of_an_alert_that_is_soon_over_no_step_comes_later() -> None:
    assert {len(plan) for plan in plans(lasts=4.0)} == {1}
