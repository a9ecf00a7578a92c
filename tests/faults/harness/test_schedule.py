from collections import Counter
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from tests.faults.fault import Kind, Scale, Scene, What
from tests.faults.schedule import Planned, as_json, from_json, schedule

SCALE = Scale(services=("dispatcher", "email-worker"), domains=("one.example", "two.example"))
KINDS = ("cut", "delay", "kill", "stop")


def test_the_same_seed_draws_the_same_plan() -> None:
    assert plan(seed=7) == plan(seed=7)


def test_another_seed_draws_another_plan() -> None:
    assert plan(seed=7) != plan(seed=8)


def test_the_order_in_which_kinds_are_given_changes_nothing() -> None:
    backwards = dict(reversed(kinds(*KINDS).items()))

    drawn = schedule(backwards, seed=7, seconds=600, every=3, scale=SCALE)

    assert drawn == plan(seed=7)


def test_a_plan_begins_nothing_after_the_end_and_is_in_order() -> None:
    moments = [one.at for one in plan(seed=7, seconds=100)]

    assert moments == sorted(moments)
    assert moments[0] > 0
    assert moments[-1] < 100


def test_gaps_have_the_mean_that_was_asked_for_and_differ() -> None:
    moments = [one.at for one in plan(seed=7, seconds=6_000, every=3)]
    gaps = [after - before for before, after in pairwise(moments)]

    assert 2.7 < sum(gaps) / len(gaps) < 3.3
    assert min(gaps) >= 0.749
    assert max(gaps) > 9


def test_a_heavier_kind_comes_more_often() -> None:
    heavy = kinds(*KINDS) | {"kill": replace(a_kind("kill"), weight=5)}

    times = Counter(one.kind for one in schedule(heavy, seed=7, seconds=6_000, every=2, scale=SCALE))

    assert 4 < times["kill"] / times["stop"] < 6.5


@pytest.mark.parametrize("seed", range(20))
def test_every_kind_comes_once_before_any_comes_a_third_time(seed: int) -> None:
    names = [f"kind-{number}" for number in range(30)]
    heavy = kinds(*names) | {"kind-0": replace(a_kind("kind-0"), weight=50)}

    drawn = [one.kind for one in schedule(heavy, seed=seed, seconds=600, every=3, scale=SCALE)]

    before_a_third = drawn[: next(n for n in range(len(drawn)) if 3 in Counter(drawn[: n + 1]).values())]
    assert set(before_a_third) == set(names)


def test_a_kind_that_wants_to_be_alone_has_a_gap_around_it() -> None:
    alone = kinds(*KINDS) | {"cut": replace(a_kind("cut"), alone=True)}

    drawn = schedule(alone, seed=7, seconds=600, every=3, scale=SCALE)

    pairs = [(a, b) for a, b in pairwise(drawn) if "cut" in {a.kind, b.kind}]
    assert pairs
    assert all(after.at - before.at >= 3 for before, after in pairs)


def test_only_the_kinds_asked_for_are_drawn() -> None:
    drawn = schedule(kinds(*KINDS), seed=7, seconds=600, every=3, scale=SCALE, only=("kill", "cut"))

    assert {one.kind for one in drawn} == {"kill", "cut"}


def test_what_a_kind_does_is_the_same_when_another_is_left_out() -> None:
    def whats(planned: tuple[Planned, ...]) -> list[What]:
        return [one.what for one in planned if one.kind == "kill"][:5]

    fewer = schedule(kinds("kill", "stop"), seed=7, seconds=600, every=3, scale=SCALE)

    assert whats(fewer) == whats(plan(seed=7))


def test_a_kind_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match="kil1"):
        schedule(kinds(*KINDS), seed=7, seconds=60, every=3, scale=SCALE, only=("kil1",))


def test_no_time_between_faults_is_refused() -> None:
    with pytest.raises(ValueError, match="every 0"):
        schedule(kinds(*KINDS), seed=7, seconds=60, every=0, scale=SCALE)


def test_without_kinds_nothing_is_planned() -> None:
    assert schedule({}, seed=7, seconds=60, every=3, scale=SCALE) == ()


def test_a_plan_is_read_back_as_it_was_written() -> None:
    drawn = plan(seed=7)

    again = from_json(as_json(drawn))

    assert again == drawn
    assert [[type(value) for value in one.what.values()] for one in again[:1]] == [[str, float, int, bool]]


def plan(*, seed: int, seconds: float = 600, every: float = 3) -> tuple[Planned, ...]:
    return schedule(kinds(*KINDS), seed=seed, seconds=seconds, every=every, scale=SCALE)


def kinds(*names: str) -> dict[str, Kind]:
    return {name: a_kind(name) for name in names}


def a_kind(name: str) -> Kind:
    def draw(random: Random, scale: Scale) -> What:
        return {
            "service": random.choice(scale.services),
            "seconds": random.uniform(0.3, 4),
            "times": random.randint(1, 4),
            "hard": random.random() < 0.5,
        }

    async def strike(scene: Scene, what: What) -> None: ...

    return Kind(name=name, draw=draw, strike=strike)
