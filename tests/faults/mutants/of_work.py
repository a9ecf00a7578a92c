"""Seeded bugs of the work: claims, hand-overs, retries, and what becomes of work that somebody lost."""

from typing import Final

from tests.faults.mutants.mutant import Mutant

_STUCK: Final = ("not settled", "left waiting")

WORK: Final = (
    Mutant(
        "claim-skips-locked",
        "I1",
        _STUCK,
        "backlog",
        "A claim passes by rows that somebody holds, its record counts as done, and no settling looks again.",
    ),
    Mutant(
        "lost-record-unnoticed",
        "I1",
        _STUCK,
        "backlog",
        "A chunk is called settled without a look at who still waits, although the log lost its records.",
    ),
    Mutant(
        "watermark-past-open-record",
        "I1",
        _STUCK,
        "backlog",
        "Offsets past records in hand are committed; whoever is killed takes what was not claimed along.",
    ),
    Mutant(
        "offset-before-receipt",
        "I1",
        _STUCK,
        "kafka-away",
        "A record is done before its receipts are durable; those that Kafka did not take are gone, claims stay.",
    ),
    Mutant(
        "claim-under-new-token",
        "I1",
        _STUCK,
        "postgres-away",
        "A claim whose answer was lost is repeated as another claim, which finds its own rows taken by a stranger.",
    ),
    Mutant(
        "dead-session-goes-on",
        "I1",
        _STUCK,
        "deaths",
        "A session that was called dead claims on; when it dies indeed nobody recovers what it held.",
    ),
    Mutant(
        "due-row-dropped",
        "I1",
        (*_STUCK, "claimed too early"),
        "refusals",
        "What was refused waits without a due row: nobody produces it, or settling does, at once.",
    ),
    Mutant(
        "claim-over-claim",
        "I2",
        ("claimed, and did not wait", "accepted too often"),
        "backlog",
        "A claim takes what another has claimed, so a hint that comes twice is a message that comes twice.",
    ),
    Mutant(
        "recovery-without-barrier",
        "I2",
        ("accepted too often", "refused although accepted"),
        "kills",
        "What a dead session held goes again as if it had never begun, before its receipts are merged.",
    ),
    Mutant(
        "receipt-without-fence",
        "I2",
        ("revived", "accepted too often"),
        "deaths",
        "A worker called dead wakes and releases what others have handed over since: it goes once more.",
    ),
    Mutant(
        "ambiguous-as-refused",
        "I2",
        ("accepted too often", "refused although accepted"),
        "refusals",
        "A connection that went after the final dot counts as a refusal: what arrived is sent again, and not as a resend.",
    ),
    Mutant(
        "ambiguous-resent-again",
        "I2",
        ("accepted too often",),
        "refusals",
        "What may have arrived is sent again as often as it is ambiguous.",
    ),
    Mutant(
        "retry-before-due",
        "I2",
        ("claimed too early",),
        "refusals",
        "What was refused is produced at once, and the claim does not ask whether it is due.",
    ),
    Mutant(
        "cancel-not-checked",
        "I3",
        ("claimed after the cancel", "handed over after the cancel"),
        "refusals",
        "Neither claim nor closing looks whether the alert was called off: retries of it go on.",
    ),
    Mutant(
        "expiry-not-checked",
        "I3",
        ("claimed after the expiry", "handed over after the expiry"),
        "refusals",
        "Neither claim nor closing nor the schedule of retries knows when an alert expires.",
    ),
    Mutant(
        "consent-as-it-was",
        "I3",
        ("claimed after the opt-out", "handed over after the opt-out"),
        "refusals",
        "The claim believes the consent that the fan-out saw: who leaves between two attempts gets the second.",
    ),
    Mutant(
        "deadline-ignored",
        "I3",
        (
            "handed over after the cancel",
            "handed over after the correction",
            "handed over after the opt-out",
            "handed over after the expiry",
        ),
        "backlog",
        "What was claimed waits for a connection for as long as it takes, and is handed over whatever came between.",
    ),
    Mutant(
        "suppressed-claimed",
        "I3",
        ("suppressed, and sent",),
        "orderly",
        "Neither fan-out nor claim asks for suppressions: whose domain takes no mail is written to by the next alert.",
    ),
)
