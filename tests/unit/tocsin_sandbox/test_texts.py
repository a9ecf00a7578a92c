"""Texts are recorded before anyone is told, kept while there is room, and counted for ever."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_sandbox.phones.agenda import Agenda
from tocsin_sandbox.phones.tally import Busiest
from tocsin_sandbox.phones.text import Draft, Provider, Text
from tocsin_sandbox.phones.texts import Texts
from tocsin_sandbox.phones.texts_log import line_of, taken_of


def a_draft(
    ref: str = "SM1", *, reference: str = "a.1.b", to: str = "+447700900123", body: str = "x"
) -> Draft:
    return Draft(
        provider=Provider.TWILIO,
        account="AC1",
        ref=ref,
        reference=reference,
        status="queued",
        sender="Tocsin",
        to=to,
        body=body,
        segments=1,
        begun=1.5,
    )


async def taken(texts: Texts, draft: Draft) -> Text:
    text = await texts.take(draft)
    assert text is not None
    return text


@given(body=st.text(), reference=st.text(alphabet="a.1-_", min_size=1))
def test_a_line_says_all_of_a_text(body: str, reference: str) -> None:
    draft = a_draft(body=body, reference=reference)

    line = line_of(draft, taken_at=2.25)

    assert line.count("\n") == 1
    assert taken_of(line.rstrip("\n")) == (draft, 2.25)


async def test_texts_of_one_turn_are_one_write(tmp_path: Path) -> None:
    texts = Texts(tmp_path, keep=10)

    first, second = await asyncio.gather(taken(texts, a_draft("SM1")), taken(texts, a_draft("SM2")))

    lines = (tmp_path / "texts.log").read_text().splitlines()
    assert [line.split("\t")[2] for line in lines] == ["SM1", "SM2"]
    assert (first.number, second.number, first.taken_at) == (1, 2, second.taken_at)
    texts.close()


async def test_a_line_cut_short_was_never_taken(tmp_path: Path) -> None:
    texts = Texts(tmp_path, keep=10)
    await taken(texts, a_draft("SM1"))
    texts.close()
    with (tmp_path / "texts.log").open("a") as log:
        log.write("2.0\ttwilio\tSM2\tr")

    again = Texts(tmp_path, keep=10)

    assert (again.tally.taken, again.kept.get("SM2")) == (1, None)
    await taken(again, a_draft("SM3"))
    again.close()
    assert Texts(tmp_path, keep=10).tally.taken == 2


async def test_what_became_of_it_is_read_back(tmp_path: Path) -> None:
    texts = Texts(tmp_path, keep=10)
    for ref in ("SM1", "SM2"):
        await taken(texts, a_draft(ref))
    texts.move("SM1", status="undelivered", code=30003, final=True)
    texts.close()

    again = Texts(tmp_path, keep=10)

    text = again.kept.get("SM1")
    assert text is not None
    assert (text.status, text.code, text.final) == ("undelivered", 30003, True)
    assert [one.ref for one in again.unfinished()] == ["SM2"]
    assert again.tally.by_status == {"queued": 1, "undelivered": 1}


async def test_an_end_is_for_good(tmp_path: Path) -> None:
    texts = Texts(tmp_path, keep=10)
    await taken(texts, a_draft())
    texts.move("SM1", status="delivered", code=None, final=True)

    assert texts.move("SM1", status="failed", code=30008, final=True) is None
    texts.close()


async def test_the_oldest_go_and_stay_counted(tmp_path: Path) -> None:
    texts = Texts(tmp_path, keep=2)
    for number in range(4):
        await taken(texts, a_draft(f"SM{number}", to=f"+44{number % 2}", reference=f"r{number // 2}"))

    assert [text.ref for text in texts.kept.newest_first()] == ["SM3", "SM2"]
    assert [text.ref for text in texts.kept.of_phone("+440")] == ["SM2"]
    assert list(texts.kept.of_reference("r0")) == []
    assert (texts.tally.taken, texts.tally.distinct, texts.tally.duplicates) == (4, 2, 2)
    texts.close()


async def test_numbers_go_on_when_all_are_deleted(tmp_path: Path) -> None:
    texts = Texts(tmp_path, keep=10)
    await taken(texts, a_draft())
    texts.delete()

    assert (await taken(texts, a_draft("SM2"))).number == 2
    assert texts.tally.references(after=0, limit=5) == (2, ["a.1.b"])
    texts.close()
    assert (tmp_path / "texts.log").read_text().startswith("#\t1\n")


async def test_a_full_disk_takes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = Texts(tmp_path, keep=10)

    def full(*_: object) -> int:
        raise OSError(28, "No space left")

    with monkeypatch.context() as patched:
        patched.setattr("os.write", full)
        refused = await texts.take(a_draft())

    assert refused is None
    assert texts.tally.taken == 0
    assert (await taken(texts, a_draft())).number == 1
    texts.close()


def test_the_busiest_second_is_known() -> None:
    busiest = Busiest()

    for at, segments in [(0.0, 3), (0.5, 4), (1.0, 2), (1.6, 5)]:
        busiest.add(segments, at=at)

    assert busiest.most == 7


async def test_the_agenda_keeps_the_order_of_times() -> None:
    agenda, done, over = Agenda(), list[str](), asyncio.Event()

    agenda.after(0.02, over.set)
    agenda.after(0.01, lambda: done.append("second"))
    agenda.after(0, lambda: done.append("first"))
    await asyncio.wait_for(over.wait(), 10)

    assert done == ["first", "second"]
    assert len(agenda) == 0
