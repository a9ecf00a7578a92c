import json
from random import Random

import pytest

from tests.faults.channels import every_provider
from tests.faults.fault import Kind, Scale, What
from tests.faults.kinds import network, smtp
from tocsin_sandbox.smtp.rules import ActionType

SCALE = Scale(("dispatcher", "email-worker"), ("homes.example", "slow.example", "dead.example"))
KINDS = {kind.name: kind for kind in (*network.KINDS, *smtp.KINDS)}
RULES = [kind for kind in smtp.KINDS if kind.name != "smtp-down"]

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
every_rule = pytest.mark.parametrize("kind", RULES, ids=[kind.name for kind in RULES])


def drawn(kind: Kind, seed: int) -> What:
    return kind.draw(Random(seed), SCALE)  # noqa: S311 - nothing is kept secret


def test_each_kind_has_a_name_of_its_own() -> None:
    assert len(KINDS) == len(network.KINDS) + len(smtp.KINDS)


@every_kind
def test_the_same_seed_draws_the_same_and_another_one_something_else(kind: Kind) -> None:
    first = [drawn(kind, seed) for seed in range(20)]

    again = [drawn(kind, seed) for seed in range(20)]

    assert again == first
    assert first[0] != first[1]


@every_kind
def test_what_is_drawn_can_stand_in_a_report(kind: Kind) -> None:
    what = drawn(kind, 1)

    assert json.loads(json.dumps(what)) == what
    assert {type(value) for value in what.values()} <= {str, int, float, bool}


@every_kind
def test_a_fault_ends_within_seconds(kind: Kind) -> None:
    long = [float(drawn(kind, seed)["seconds"]) for seed in range(50)]

    assert min(long) >= 0.3
    assert max(long) <= 6


@pytest.mark.parametrize("kind", network.KINDS, ids=[kind.name for kind in network.KINDS])
def test_a_break_on_a_provider_has_a_kind_of_its_own(kind: Kind) -> None:
    targets = {drawn(kind, seed)["target"] for seed in range(50)}

    providers = [one.name for one in every_provider()]
    assert targets in ({"kafka", "postgres"}, *({name} for name in providers), {*providers})


def test_only_what_holds_bytes_on_their_way_to_a_provider_slows_a_hand_over() -> None:
    slow = {name for name, kind in KINDS.items() if kind.slows_hand_over}

    assert slow == {
        f"{one.name}-network-{held}" for one in every_provider() for held in ("delay", "stall", "half-open")
    }


def test_a_half_open_path_is_open_one_way() -> None:
    draws = [drawn(KINDS["network-half-open"], seed) for seed in range(50)]

    assert {(what["to_server"], what["to_client"]) for what in draws} == {(True, False), (False, True)}


@every_rule
def test_each_draw_is_a_rule_that_the_sandbox_takes_and_finds_again(kind: Kind) -> None:
    draws = [drawn(kind, seed) for seed in range(50)]

    rules = [smtp.rule_of(what) for what in draws]

    assert [rule.action.text for rule in rules] == [what["tag"] for what in draws]
    assert len({rule.action.text for rule in rules}) == 50


@every_rule
def test_who_misbehaves_to_one_domain_leaves_the_others_and_the_first_in_peace(kind: Kind) -> None:
    what = drawn(kind, 1)

    domain = kind.domain(what)

    assert (domain is None) == kind.disturbs
    assert domain in {None, *SCALE.domains[1:]}
    assert smtp.rule_of(what).match == (domain and f"*@{domain}")


def test_few_are_refused_for_good() -> None:
    kind = KINDS["smtp-refuse-for-good"]

    rules = [smtp.rule_of(drawn(kind, seed)) for seed in range(50)]

    assert {rule.action.code for rule in rules} == {550}
    assert max(rule.share for rule in rules) <= 0.05


def test_a_refusal_for_now_is_one() -> None:
    rules = [smtp.rule_of(drawn(KINDS["smtp-refuse"], seed)) for seed in range(50)]

    assert {rule.action.type for rule in rules} == {ActionType.REPLY}
    assert all(rule.action.code is not None and rule.action.code < 500 for rule in rules)
