import json
from random import Random

import pytest

from tests.faults.fault import Kind, Scale, What
from tests.faults.kinds import calls, texts
from tests.faults.load.callees import rules
from tocsin_sandbox.phones.rules import ActionType, Phase

SCALE = Scale(("dispatcher", "sms-worker", "voice-worker"), ("homes.example",))
ALL = (*texts.KINDS, *calls.KINDS)
KINDS = {kind.name: kind for kind in ALL}
RULES = [kind for kind in ALL if not kind.name.endswith("-down")]
BY_HTTP = pytest.mark.parametrize("provider", ["twilio", "calls"])

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
every_rule = pytest.mark.parametrize("kind", RULES, ids=[kind.name for kind in RULES])


def drawn(kind: Kind, seed: int) -> What:
    return kind.draw(Random(seed), SCALE)  # noqa: S311 - nothing is kept secret


def test_each_kind_has_a_name_of_its_own() -> None:
    assert len(KINDS) == len(ALL)


@every_kind
def test_the_same_seed_draws_the_same_and_another_one_something_else(kind: Kind) -> None:
    first = [drawn(kind, seed) for seed in range(20)]

    assert [drawn(kind, seed) for seed in range(20)] == first
    assert first[0] != first[1]


@every_kind
def test_what_is_drawn_can_stand_in_a_report_and_ends_within_seconds(kind: Kind) -> None:
    what = [drawn(kind, seed) for seed in range(50)]

    assert json.loads(json.dumps(what)) == what
    assert all(0.3 <= float(one["seconds"]) <= 6 for one in what)


@every_rule
def test_each_draw_is_a_rule_that_the_sandbox_takes_and_finds_again(kind: Kind) -> None:
    draws = [drawn(kind, seed) for seed in range(50)]

    made = [texts.rule_of(what) for what in draws]

    assert [rule.action.text for rule in made] == [what["tag"] for what in draws]
    assert {rule.action.text for rule in made}.isdisjoint(rule.action.text for rule in rules())


@every_rule
def test_a_rule_is_of_one_provider(kind: Kind) -> None:
    assert {drawn(kind, seed)["provider"] for seed in range(20)} == {kind.name.partition("-")[0]}


@BY_HTTP
def test_what_is_taken_and_denied_is_told_as_broken_and_not_as_refused(provider: str) -> None:
    made = [texts.rule_of(drawn(KINDS[f"{provider}-error-after-accept"], seed)) for seed in range(20)]

    assert {rule.action.type for rule in made} == {ActionType.REPLY_AFTER_ACCEPT}
    assert all(rule.action.http_status >= 500 for rule in made)


@BY_HTTP
def test_few_are_refused_for_good(provider: str) -> None:
    made = [texts.rule_of(drawn(KINDS[f"{provider}-refuse-for-good"], seed)) for seed in range(50)]

    assert {(rule.phase, rule.action.http_status) for rule in made} == {(Phase.CREATE, 400)}
    assert max(rule.share for rule in made) <= 0.05
