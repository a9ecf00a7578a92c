"""`tocsin dead-letters`: records that could not be read or handled, and their way back."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar

from cyclopts import App, Parameter

from tocsin_cli.errors import CommandError, misuse
from tocsin_cli.letter_text import header_lines, letter_data, listed_row, printable
from tocsin_cli.moments import moment
from tocsin_cli.output import say, say_json, table
from tocsin_cli.settings import KafkaSettings
from tocsin_runtime.kafka.admin import partition_counts
from tocsin_runtime.kafka.letter_box import Letter, LetterBox
from tocsin_runtime.kafka.letter_list import newest
from tocsin_runtime.kafka.producer import KafkaUnavailableError, Outlet
from tocsin_runtime.kafka.replay import Replay, noted_in, replay_all
from tocsin_runtime.settings import read_settings

app: Final = App(name="dead-letters", help="Records that could not be read or handled.")

T = TypeVar("T")
Json = Annotated[bool, Parameter(negative=())]


@app.command(name="list")
def list_(*, topic: str | None = None, since: str | None = None, limit: int = 50, json: Json = False) -> None:
    """List the newest: id, when, where it came from, whose it was, why.

    Args:
        topic: Only those that came from this topic.
        since: Only those from this time on; or a duration: PT24H is the last day.
        limit: How many.
        json: Print JSON.
    """
    start = _since(since)
    if limit < 1:
        raise misuse("--limit: 1 or more.")
    listing = _on_kafka(lambda box: newest(box, limit=limit, topic=topic, since=start))
    if json:
        letters = [
            letter_data(each.letter, size=each.size, replayed=each.replayed) for each in listing.newest
        ]
        say_json({"found": listing.found, "not_replayed": listing.waiting, "newest": letters})
        return
    table(listed_row(each) for each in listing.newest)
    say(f"{listing.found} found, {listing.waiting} not replayed, {len(listing.newest)} shown.")


@app.command
def show(
    letter_id: str, /, *, value: Annotated[bool, Parameter(negative=())] = False, json: Json = False
) -> None:
    """Show one letter; key and bytes only if asked for, since they may be anything.

    Args:
        letter_id: Its id, as `list` shows it.
        value: Show its key and bytes too.
        json: Print JSON.
    """
    place = _place(letter_id)

    async def work(box: LetterBox) -> tuple[Letter, bool]:
        letter = await _letter(box, place)
        span = range(letter.offset, (await box.spans())[letter.partition].stop)
        return letter, bool((await noted_in(box, partition=letter.partition, span=span))[0])

    letter, replayed = _on_kafka(work)
    size = len(letter.value)
    if json:
        data = letter_data(letter, size=size, replayed=replayed)
        say_json({**data, **(_content(letter) if value else {})})
        return
    for line in header_lines(letter, size=size, replayed=replayed):
        say(line)
    if value:
        say(f"key        {printable(letter.key)}")
        say(f"value      {printable(letter.value)}")


@app.command
def replay(
    *ids: str,
    all_: Annotated[bool, Parameter(name="--all", negative=())] = False,
    topic: str | None = None,
    since: str | None = None,
    json: Json = False,
) -> None:
    """Put letters back where they came from; status 1 where some cannot be.

    Args:
        ids: Which, as `list` shows them; they are put back even if they were before.
        all_: All that were not put back yet.
        topic: Of all, only those that came from this topic.
        since: Of all, only those from this time on; or a duration: PT24H is the last day.
        json: Print JSON.
    """
    start, places = _since(since), [_place(each) for each in ids]
    if bool(ids) is all_ or (ids and (topic or since)):
        raise misuse("Name letters, or say --all, perhaps with --topic and --since.")

    async def work(box: LetterBox, replay: Replay) -> None:
        if all_:
            await replay_all(box, replay, topic=topic, since=start)
            return
        for letter in [await _letter(box, place) for place in places]:
            await replay.put_back([letter])

    done = asyncio.run(_replayed(work))
    if json:
        say_json({"replayed": done.tally.replayed, "cannot_be": dict(done.tally.left)})
    else:
        say(f"Put back {done.tally.replayed}.")
    if done.tally.left:
        why = "; ".join(f"{count}: {printable(reason.encode())}" for reason, count in done.tally.left.items())
        raise CommandError(f"Some cannot be put back ({why}). They stay; `tocsin dead-letters list`.")


async def _replayed(work: Callable[[LetterBox, Replay], Awaitable[None]]) -> Replay:
    servers = read_settings(KafkaSettings).kafka_bootstrap_servers
    done: Replay | None = None
    try:
        async with LetterBox(servers) as box, Outlet(servers, client_id="tocsin") as outlet:
            done = Replay(outlet, await partition_counts(servers))
            await work(box, done)
    except KafkaUnavailableError as error:
        raise _unavailable(error, so_far=done.tally.replayed if done else 0) from error
    return done


def _on_kafka(work: Callable[[LetterBox], Awaitable[T]]) -> T:
    return asyncio.run(_in_box(work, servers=read_settings(KafkaSettings).kafka_bootstrap_servers))


async def _in_box(work: Callable[[LetterBox], Awaitable[T]], *, servers: str) -> T:
    try:
        async with LetterBox(servers) as box:
            return await work(box)
    except KafkaUnavailableError as error:
        raise _unavailable(error) from error


def _unavailable(error: KafkaUnavailableError, *, so_far: int = 0) -> CommandError:
    done = f" {so_far} were put back and are noted." if so_far else ""
    return CommandError(
        f"Kafka does not answer ({error}).{done} Is TOCSIN_KAFKA_BOOTSTRAP_SERVERS right, is it up? Then do it again."
    )


async def _letter(box: LetterBox, place: tuple[int, int]) -> Letter:
    letter = await box.letter(*place)
    if letter is None:
        raise CommandError(
            f"There is no letter {place[0]}/{place[1]}: `tocsin dead-letters list` shows what there is."
        )
    return letter


def _place(letter_id: str) -> tuple[int, int]:
    partition, slash, offset = letter_id.partition("/")
    if not (slash and partition.isascii() and partition.isdigit() and offset.isascii() and offset.isdigit()):
        raise misuse("ID: partition/offset, such as 3/17, as `tocsin dead-letters list` shows it.")
    return int(partition), int(offset)


def _since(text: str | None) -> datetime | None:
    return None if text is None else moment(text, option="--since", now=datetime.now(UTC))


def _content(letter: Letter) -> Mapping[str, str]:
    return {"key_base64": b64encode(letter.key).decode(), "value_base64": b64encode(letter.value).decode()}
