"""`tocsin deliveries`: what became of one."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, Final
from uuid import UUID

from cyclopts import App, Parameter

from tocsin_cli.database import with_pool
from tocsin_cli.errors import CommandError, misuse
from tocsin_cli.moments import shown
from tocsin_cli.output import say, say_json, table
from tocsin_store import answers, story
from tocsin_store.answers import Answer
from tocsin_store.pool import Pool
from tocsin_store.story import Standing, Step

app: Final = App(name="deliveries", help="Single deliveries, and what became of them.")

_HEAD: Final = ("WHEN", "KIND", "STATE", "FENCE", "ATTEMPT", "REASON", "PROVIDER", "STATUS", "AGAIN AT")


@app.command
def show(
    delivery_id: str,
    /,
    *,
    words: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Show one: state, work, what it waits for, and its timeline in order. No address, no name.

    Args:
        delivery_id: As receipts name it.
        words: Show what providers answered, too. Their words may name people.
        json: Print JSON.
    """
    try:
        wanted = UUID(delivery_id)
    except ValueError as error:
        raise misuse(
            "ID: a delivery's id, as receipts and `GET /v1/alerts/{id}/deliveries` name it."
        ) from error

    async def work(pool: Pool) -> tuple[Standing | None, Sequence[Step], Sequence[Answer]]:
        said = await answers.of(pool, wanted) if words else []
        return await story.standing(pool, wanted), await story.steps(pool, wanted), said

    standing, steps, said = with_pool(work)
    if standing is None:
        raise CommandError("There is no such delivery: it is another ledger's, or its day was dropped.")
    if json:
        told = {"answers": {answer.fence: answer.text for answer in said}} if words else {}
        say_json({**asdict(standing), "timeline": [asdict(step) for step in steps], **told})
        return
    for line in standing_lines(standing):
        say(line)
    say("")
    table([_HEAD, *(step_row(step) for step in steps)])
    for answer in said:
        say(f"fence {answer.fence}: {answer.text}")


def standing_lines(now: Standing) -> Iterator[str]:
    """Where it stands, a line a fact."""
    yield f"delivery   {now.id}"
    yield f"alert      {now.alert_id} version {now.alert_version}, {now.channel}, wave {now.wave}"
    yield f"state      {now.state}{f' ({now.reason})' if now.reason else ''}, since {shown(now.updated_at)}"
    yield f"work       {_work(now)}"
    yield f"attempts   {now.attempts}, of which {now.ambiguous} may have arrived unknown to us; fence {now.fence}"


def step_row(step: Step) -> Sequence[str]:
    """One fact on one line."""
    return (
        shown(step.occurred_at),
        step.kind,
        step.state,
        str(step.fence),
        "-" if step.attempt is None else str(step.attempt),
        step.reason or "-",
        step.provider or "-",
        step.provider_status or "-",
        "-" if step.due_at is None else shown(step.due_at),
    )


def _work(now: Standing) -> str:
    if now.work == "claimed" and now.claimed_at:
        return f"claimed by session {now.session} since {shown(now.claimed_at)}"
    if now.work == "waiting" and now.due_at:
        route = f", for {now.route}" if now.route else ""
        return f"waiting to {now.due_kind} until {shown(now.due_at)}{route}"
    return "waiting for its record on the log" if now.work == "waiting" else "none left"
