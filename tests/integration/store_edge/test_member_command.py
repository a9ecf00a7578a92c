"""`tocsin members`: numbers and what may be said there, on a real database."""

import asyncio
from uuid import UUID, uuid4

import pytest

from tests.support.commands import Shell
from tocsin_schemas.words import Channel
from tocsin_store import members
from tocsin_store.members import Member
from tocsin_store.pool import Pool


@pytest.fixture
async def member(pool: Pool) -> UUID:
    added = Member(uuid4(), uuid4(), "N", "en")
    async with pool.acquire() as conn:
        await members.add_members(conn, [added])
    return added.id


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str) -> Shell:
    monkeypatch.setenv("TOCSIN_DATABASE_URL", database_url)
    monkeypatch.delenv("TOCSIN_SMS_COUNTRIES", raising=False)
    return Shell(monkeypatch, capsys)


async def _points(pool: Pool, member: UUID, *, channel: Channel = Channel.SMS) -> list[tuple[str, bool]]:
    rows = await pool.fetch(
        "SELECT address, confirmed_at IS NOT NULL FROM contact_point WHERE member_id = $1 AND channel = $2",
        member,
        channel.value,
    )
    return [tuple(row) for row in rows]


async def test_a_number_is_kept_as_e164_has_it_and_waits_to_be_confirmed(
    shell: Shell, member: UUID, pool: Pool
) -> None:
    status, said, _ = await _called(shell, "members", "add-mobile", str(member), "07400 123456")

    assert (status, "7400" in said) == (0, False)
    assert await _points(pool, member) == [("+447400123456", False)]


async def test_a_number_that_is_there_is_confirmed_not_added_again(
    shell: Shell, member: UUID, pool: Pool
) -> None:
    words = ("members", "add-mobile", str(member), "+447700900123", "--fictional")

    for more in ((), ("--confirmed",), ("--confirmed",)):
        assert (await _called(shell, *words, *more))[0] == 0

    assert await _points(pool, member) == [("+447700900123", True)]


@pytest.mark.parametrize(
    ("number", "rule"), [("020 7946 0000", "landline"), ("+33612345678", "country"), ("1", "malformed")]
)
async def test_a_refused_number_is_told_of_by_its_reason_alone(
    shell: Shell, member: UUID, pool: Pool, number: str, rule: str
) -> None:
    status, _, error = await _called(shell, "members", "add-mobile", str(member), number)

    assert status == 1
    assert error.startswith(f"tocsin: The number is refused ({rule}): ")
    assert number not in error
    assert await _points(pool, member) == []


async def test_a_landline_is_added_for_calls(shell: Shell, member: UUID, pool: Pool) -> None:
    status, said, _ = await _called(
        shell, "members", "add-phone", str(member), "020 7946 0000", "--confirmed"
    )

    assert (status, "7946" in said) == (0, False)
    assert await _points(pool, member, channel=Channel.VOICE) == [("+442079460000", True)]
    assert await _points(pool, member) == []


@pytest.mark.parametrize(("number", "rule"), [("0909 879 0000", "premium"), ("999", "short")])
async def test_what_may_not_be_called_is_not_added(
    shell: Shell, member: UUID, pool: Pool, number: str, rule: str
) -> None:
    status, _, error = await _called(shell, "members", "add-phone", str(member), number)

    assert (status, f"({rule})" in error, number in error) == (1, True, False)
    assert await _points(pool, member, channel=Channel.VOICE) == []


async def test_what_may_be_said_is_set_and_set_anew(shell: Shell, member: UUID, pool: Pool) -> None:
    said = "SELECT never_voicemail, no_caller_text FROM member_voice WHERE member_id = $1"

    assert (await _called(shell, "members", "set-voice", str(member), "--never-voicemail"))[0] == 0
    first = await pool.fetchrow(said, member)
    assert (await _called(shell, "members", "set-voice", str(member), "--no-caller-text"))[0] == 0
    second = await pool.fetchrow(said, member)

    assert [tuple(row) for row in (first, second) if row] == [(True, False), (False, True)]


async def test_nothing_is_set_for_nobody(shell: Shell) -> None:
    status, _, error = await _called(shell, "members", "set-voice", str(uuid4()))

    assert (status, error) == (1, "tocsin: There is no such member.\n")


async def test_nobody_is_nobody(shell: Shell) -> None:
    status, _, error = await _called(shell, "members", "add-mobile", str(uuid4()), "+447400123456")

    assert (status, error) == (1, "tocsin: There is no such member.\n")


async def test_the_same_number_again_after_it_was_given_up_is_a_new_one(pool: Pool, member: UUID) -> None:
    async with pool.acquire() as conn:
        first = await members.add_contact_point(
            conn, member, channel=Channel.SMS, address="+447400123456", confirmed=True
        )
        await conn.execute("UPDATE contact_point SET valid_until = now() WHERE id = $1", first)

        again = await members.add_contact_point(
            conn, member, channel=Channel.SMS, address="+447400123456", confirmed=True
        )

    assert again != first


async def _called(shell: Shell, *words: str) -> tuple[int, str, str]:
    return await asyncio.to_thread(shell.call, *words)  # the command has an event loop of its own
