"""A delivery has one relay, by weight over many, and keeps it while that is to be had."""

from collections import Counter
from uuid import uuid4

import pytest

from email_worker.relay import Relay, choose, relays_of
from tests.support.smtp import email_settings

DELIVERIES = [uuid4() for _ in range(4_000)]


def relays(**weights: int) -> tuple[Relay, ...]:
    return relays_of(
        email_settings(
            25,
            smtp_relays=[
                {"name": name, "host": f"{name}.example", "weight": weight}
                for name, weight in weights.items()
            ],
        )
    )


def name_of(relay: Relay | None) -> str:
    assert relay is not None
    return relay.name


def test_each_relay_gets_its_share() -> None:
    all_three = relays(a=1, b=3, c=6)

    counts = Counter(name_of(choose(all_three, delivery=delivery)) for delivery in DELIVERIES)

    assert [counts[name] / len(DELIVERIES) for name in "abc"] == pytest.approx([0.1, 0.3, 0.6], abs=0.04)


def test_when_one_is_held_only_its_own_move() -> None:
    all_three = relays(a=1, b=3, c=6)
    for delivery in DELIVERIES[:500]:
        before = name_of(choose(all_three, delivery=delivery))
        after = name_of(choose(all_three[:2], delivery=delivery))

        assert before in {"c", after}


def test_none_is_chosen_where_none_is_left() -> None:
    assert choose((), delivery=DELIVERIES[0]) is None


def test_the_plain_settings_are_one_relay() -> None:
    (only,) = relays_of(email_settings(2525, smtp_name="post", smtp_connections=7))

    assert (only.name, only.host, only.port, only.connections) == ("post", "127.0.0.1", 2525, 7)


def test_one_relay_may_have_other_connections_than_the_rest() -> None:
    settings = email_settings(
        25,
        smtp_connections=7,
        smtp_relays=[{"name": "a", "host": "a"}, {"name": "b", "host": "b", "connections": 3}],
    )

    assert [relay.connections for relay in relays_of(settings)] == [7, 3]
