"""When a rule applies: to whom, how often, to which share. What is done then is the stand-in's own matter."""

import fnmatch
import re
from collections import Counter
from hashlib import blake2b
from typing import Annotated, Generic, Protocol, TypeVar

from pydantic import AfterValidator


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern of a rule, to be searched in full.

    Raises:
        re.error: It begins with `re:` and is no regular expression.
    """
    if pattern.startswith("re:"):
        return re.compile(pattern.removeprefix("re:"), re.IGNORECASE)
    return re.compile(r"\A" + fnmatch.translate(pattern), re.IGNORECASE)


def _compiles(pattern: str) -> str:
    try:
        compiled(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
"""A glob, or a regular expression after `re:`; case is ignored."""


class Occasion(Protocol):
    """What a rule says of when it applies."""

    @property
    def match(self) -> str | None:
        """A glob or `re:`; None: everyone."""

    @property
    def times(self) -> int | None:
        """How often; None: for ever."""

    @property
    def per_recipient(self) -> bool:
        """Whether `times` counts for each recipient alone."""

    @property
    def share(self) -> float:
        """To how many of them, 0 to 1."""


RuleT = TypeVar("RuleT", bound=Occasion)


class Armed(Generic[RuleT]):
    """A rule with what it has done so far."""

    def __init__(self, rule: RuleT, *, salt: str) -> None:
        self.rule = rule
        self.applied = 0
        self._by_recipient: Counter[str] = Counter()
        self._pattern = compiled(rule.match) if rule.match is not None else None
        self._salt = salt

    def applies(self, subject: str, *, lot: str | None = None) -> bool:
        """Whether it applies to this recipient or connection; if so it counts. The share is drawn by lot, else by it."""
        subject = subject.lower()
        if self._pattern is not None and not self._pattern.search(subject):
            return False
        if not self._drawn(lot or subject) or self._spent(subject):
            return False
        self.applied += 1
        if self.rule.per_recipient:
            self._by_recipient[subject] += 1
        return True

    def _drawn(self, lot: str) -> bool:
        if self.rule.share == 1:
            return True
        digest = blake2b(f"{self._salt} {lot}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") < self.rule.share * 2**64

    def _spent(self, subject: str) -> bool:
        done = self._by_recipient[subject] if self.rule.per_recipient else self.applied
        return self.rule.times is not None and done >= self.rule.times
