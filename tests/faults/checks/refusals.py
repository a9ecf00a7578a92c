"""I9: what cannot be done now is refused honestly, with the time to come again."""

from collections.abc import Iterator

from tests.faults.checks.index import Index
from tests.faults.history import Answer, Finding


def findings(index: Index) -> Iterator[Finding]:
    """Errors of ours, errors that are no problem+json, refusals that do not say when to come again."""
    for answer in index.history.answers:
        if answer.status < 400:
            continue
        if answer.status >= 500 and answer.status != 503:
            yield _of(answer, "failed")
        if not answer.problem:
            yield _of(answer, "not a problem document")
        if _is_for_now(answer) and not answer.retry_after:
            yield _of(answer, "no Retry-After")


def _is_for_now(answer: Answer) -> bool:
    """A post's 409 says that the first one is in flight; that of a change may say what state the alert is in."""
    return answer.status in {429, 503} or (answer.status == 409 and answer.act == "post")


def _of(answer: Answer, rule: str) -> Finding:
    says = f"status {answer.status} after {answer.at - answer.sent_at:.1f} s"
    return Finding("I9", rule, f"{answer.act} {answer.key}", says, at=answer.at)
