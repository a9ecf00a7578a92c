"""Seeded bugs of the account: what is accepted, told, counted and shown."""

from typing import Final

from tests.faults.mutants.mutant import Mutant

_STUCK: Final = ("not settled", "left waiting")

ACCOUNT: Final = (
    Mutant(
        "chunk-progress-before-rows",
        "I1",
        ("no row",),
        "kills",
        "A fan-out's progress is committed before its rows: a dispatcher killed between leaves people out.",
    ),
    Mutant(
        "fan-out-twice",
        "I1",
        ("two rows", "accepted too often"),
        "orderly",
        "Two replicas work on one chunk, and ids do not follow from what they name.",
    ),
    Mutant(
        "receipts-offsets-in-kafka",
        "I1",
        (*_STUCK, "callback lost"),
        "postgres-away",
        "Offsets of receipts are Kafka's, committed as they are read: what a merge could not store is gone.",
    ),
    Mutant(
        "commit-not-durable",
        "I1",
        ("alert lost", "sent without a claim", "sent, not in the ledger", "accepted too often"),
        "postgres-away",
        "Commits are answered before they are on disk; a database that is killed forgets the last of them.",
    ),
    Mutant(
        "idempotency-key-ignored",
        "I1",
        ("two alerts of a key", "more alerts than keys"),
        "postgres-away",
        "Who repeats a request because its answer was lost posts a second alert.",
    ),
    Mutant(
        "correction-to-everybody",
        "I1",
        ("told more, and not reached",),
        "refusals",
        "A correction goes to whoever has a delivery of the version before, whether that reached them or not.",
    ),
    Mutant(
        "lost-dot-counted-as-sent",
        "I1",
        ("sent by the ledger alone",),
        "refusals",
        "A connection that went after the final dot counts as success.",
    ),
    Mutant(
        "late-receipt-revives",
        "I1",
        (*_STUCK, "revived", "something left"),
        "refusals",
        "Closing cancels what is on its way, and a refusal that comes later makes it wait for another attempt.",
    ),
    Mutant(
        "unsubscribe-before-commit",
        "I3",
        ("withdrawal lost", "claimed after the opt-out", "handed over after the opt-out"),
        "orderly",
        "The page says that all is done while the withdrawal still waits for its turn.",
    ),
    Mutant(
        "bounce-acknowledged-before-kept",
        "I5",
        ("callback lost",),
        "postgres-away",
        "A report gets its 250 before it is in the ledger, which then does not answer.",
    ),
    Mutant(
        "outbox-deleted-before-ack",
        "I5",
        ("callback lost",),
        "kafka-away",
        "Rows of the outbox are deleted before Kafka has them.",
    ),
    Mutant(
        "produce-error-swallowed",
        "I5",
        ("callback lost",),
        "kafka-away",
        "What Kafka does not take counts as taken.",
    ),
    Mutant(
        "callback-counted-twice",
        "I5",
        ("fact counted twice",),
        "orderly",
        "The moment belongs to the natural key of a fact: a report that comes again is another one.",
    ),
    Mutant(
        "state-goes-down",
        "I5",
        ("state fell", "state unlike its facts"),
        "orderly",
        "The last fact says what the state is, although reports come in any order.",
    ),
    Mutant(
        "tally-moved-twice",
        "I6",
        ("negative count", "unlike the ledger"),
        "refusals",
        "What closing and recovery move is counted twice.",
    ),
    Mutant(
        "verdict-settled-in-claim",
        "I6",
        ("unlike the ledger", "something left"),
        "refusals",
        "The claim itself settles whom it may not take, and tells no tally.",
    ),
    Mutant(
        "version-counts-folds",
        "I6",
        ("version fell", "two contents of a version"),
        "orderly",
        "The version of counts grows by one at each fold, whatever was folded: what was seen unfolded was higher.",
    ),
    Mutant(
        "address-in-log",
        "I8",
        ("address leaked",),
        "refusals",
        "A hand-over that failed is logged with its address.",
    ),
    Mutant(
        "error-echoes-post",
        "I8",
        ("text leaked",),
        "postgres-away",
        "An answer says which text could not be stored.",
    ),
    Mutant(
        "database-away-is-500",
        "I9",
        ("failed", "no Retry-After"),
        "postgres-away",
        "A database that does not answer is told as a defect, without a word on when to come back.",
    ),
)
