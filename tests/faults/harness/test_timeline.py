import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID

from tests.faults.harness.made_up_runs import START, a_dump, a_history, a_large_history
from tests.faults.history import Finding, History, Injected
from tests.faults.reports.timeline import write_timeline


def test_the_page_has_each_fault_and_each_finding(tmp_path: Path) -> None:
    page = written(tmp_path, history=a_history(), findings=[a_finding("lost"), a_finding("accepted twice")])

    text = " ".join(page.text.split())
    assert "0:02 kill for 3.0 s: service dispatcher" in text
    assert "0:04 smtp-stall for 0.5 s: seconds 0.5, failed TimeoutError" in text
    assert page.ids >= {"fault-1", "fault-2", "finding-1", "finding-2"}
    assert "I1 lost" in text
    assert "I1 accepted twice" in text
    assert "+1.5 s accepted" in text


def test_the_page_is_well_formed_and_each_link_has_its_target(tmp_path: Path) -> None:
    page = written(tmp_path, history=a_history(), findings=[a_finding("lost")])

    assert page.open == []
    assert page.links <= page.ids


def test_what_was_found_cannot_become_part_of_the_page(tmp_path: Path) -> None:
    evil = '</script><script>alert("1")</script><img src=x onerror=alert(1)>'
    finding = Finding(invariant=evil, rule=evil, about=evil, says=evil, timeline=(evil,))
    fault = Injected(kind=evil, began=START, ended=START + 1, what={evil: evil})

    page = written(tmp_path, history=replace(a_history(), faults=(fault,)), findings=[finding], title=evil)

    plain = written(tmp_path, history=a_history(), findings=[a_finding("lost")])
    assert page.tags.count("script") == plain.tags.count("script") == 2
    assert "img" not in page.tags
    assert page.text.count(evil) == 11


def test_the_page_needs_no_network(tmp_path: Path) -> None:
    page = written(tmp_path, history=a_history(), findings=[a_finding("lost")])

    assert not re.search(r"https?://|url\(|@import", page.source)
    assert {"link", "img", "iframe"}.isdisjoint(page.tags)


def test_a_finding_is_marked_at_the_last_accept_of_what_it_is_about(tmp_path: Path) -> None:
    about = a_finding("accepted twice", about=f"delivery {UUID(int=100)}")

    page = written(tmp_path, history=a_history(), findings=[about])

    assert 'style="left:50.0%" title="0:05 I1 accepted twice"' in page.source


def test_a_finding_about_a_log_has_no_mark_but_its_text(tmp_path: Path) -> None:
    page = written(tmp_path, history=a_history(), findings=[a_finding("leak", about="email-worker.log")])

    assert 'class="finding"' not in page.source
    assert "email-worker.log" in page.text


def test_a_run_without_anything_is_a_page_too(tmp_path: Path) -> None:
    page = written(tmp_path, history=History(dump=a_dump({})), findings=[])

    assert "Every promise was kept." in page.text


def test_a_large_run_stays_below_a_megabyte(tmp_path: Path) -> None:
    lines = tuple(
        f"+{n}.125 s moved pending/waiting 0 to pending/claimed 1 of {UUID(int=n)}" for n in range(90)
    )
    findings = [
        replace(a_finding(f"rule {n}", about=f"{UUID(int=100 + n)}"), timeline=lines) for n in range(400)
    ]

    page = written(tmp_path, history=a_large_history(deliveries=10_000), findings=findings)

    assert len(page.source) < 1_000_000
    assert "150 more are in report.json" in page.text
    assert "200 more are not shown" in page.text


class Page(HTMLParser):
    """A page as a reader sees it, and whether each of its tags was closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source, self.text = source, ""
        self.tags: list[str] = []
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        for name, value in attrs:
            self.ids |= {value or ""} if name == "id" else set()
            self.links |= {(value or "").removeprefix("#")} if name == "href" else set()

    def handle_startendtag(self, tag: str, _attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def written(folder: Path, *, history: History, findings: Sequence[Finding], title: str = "Seed 7") -> Page:
    path = folder / "faults" / "timeline.html"
    write_timeline(path, history=history, findings=findings, title=title)
    return Page(path.read_text())


def a_finding(rule: str, *, about: str = f"{UUID(int=100)}") -> Finding:
    return Finding(invariant="I1", rule=rule, about=about, says="it was so", timeline=("+1.5 s accepted",))
