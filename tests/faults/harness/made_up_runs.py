"""Runs that never were, for the tests of what shows a run."""

from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

from tests.faults.history import Accept, Answer, Dump, History, Injected, Move, Withdrawal, Work
from tocsin_schemas.words import Channel, Purpose, State

Act = Literal["post", "cancel", "correct"]
Place = tuple[State, Work, int]

START: Final = 1_700_000_000
ALERT: Final = UUID(int=1)
PENDING: Final[Place] = (State.PENDING, "waiting", 0)
CLAIMED: Final[Place] = (State.PENDING, "claimed", 1)
SENT: Final[Place] = (State.SENT, "none", 1)
LIFE: Final[Sequence[tuple[Place | None, Place]]] = ((None, PENDING), (PENDING, CLAIMED), (CLAIMED, SENT))


def a_history() -> History:
    """Ten seconds: two deliveries, one of them accepted twice; two faults; five answers."""
    first, second = UUID(int=100), UUID(int=101)
    return History(
        dump=a_dump({first: moves(first, 0, 1, 2), second: moves(second, 0.5, 2, 3)}),
        accepts=(an_accept(first, 1.5), an_accept(second, 2.5), an_accept(first, 5)),
        answers=(
            an_answer("post", 0, 202),
            an_answer("cancel", 4, 202),
            an_answer("correct", 5, 202),
            an_answer("post", 6, 503),
            an_answer("post", 10, 0),
        ),
        withdrawals=(
            Withdrawal(START + 3, UUID(int=5), UUID(int=6), purpose=Purpose.EMERGENCY, channel=Channel.EMAIL),
        ),
        faults=(
            Injected(kind="kill", began=START + 2, ended=START + 5, what={"service": "dispatcher"}),
            Injected(
                kind="smtp-stall",
                began=START + 4,
                ended=START + 4.5,
                what={"seconds": 0.5, "failed": "TimeoutError"},
            ),
        ),
    )


def a_large_history(*, deliveries: int) -> History:
    """A quarter of an hour with a fault in nearly every second, on which every figure changes each second."""
    ids = [UUID(int=100 + n) for n in range(deliveries)]
    at = {one: (n * 7_919 % 890_000) / 1_000 for n, one in enumerate(ids)}
    faults = [
        Injected(
            kind=f"kind-{n % 40}",
            began=START + n * 0.88,
            ended=START + n * 0.88 + 3,
            what={"service": "receipts-worker-2", "seconds": 2.123456, "signal": "SIGSTOP"},
        )
        for n in range(1_000)
    ]
    return History(
        dump=a_dump({one: moves(one, at[one], at[one] + 2, at[one] + 5) for one in ids}),
        accepts=[an_accept(one, at[one] + 4) for one in ids],
        answers=[an_answer("post", n / 4, 202) for n in range(3_600)],
        faults=faults,
    )


def moves(delivery: UUID, *at: float) -> Sequence[Move]:
    """It was born, claimed and sent at these moments."""
    return [
        Move(START + moment, delivery, before=before, after=after)
        for moment, (before, after) in zip(at, LIFE, strict=True)
    ]


def an_accept(delivery: UUID, at: float) -> Accept:
    return Accept(
        START + at, START + at, delivery, recipient="one@one.example", channel=Channel.EMAIL, provider="smtp"
    )


def an_answer(act: Act, at: float, status: int) -> Answer:
    return Answer(
        sent_at=START + at,
        at=START + at,
        act=act,
        agency=UUID(int=6),
        key=f"{at}",
        status=status,
        alert=ALERT if status == 202 else None,
    )


def a_dump(moves: dict[UUID, Sequence[Move]]) -> Dump:
    return Dump(at=START, alerts={}, deliveries={}, moves=moves, facts={}, consents=(), contacts={})
