"""The newest texts, whole, in memory."""

from collections import deque
from collections.abc import Iterator

from tocsin_sandbox.phones.text import Text


class Kept:
    """At most so many texts; the oldest go. Newest first is by when they came, not by when they changed."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._texts: dict[str, Text] = {}
        self._phones: dict[str, deque[str]] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._texts)

    def get(self, ref: str) -> Text | None:
        """One text, if it is kept."""
        return self._texts.get(ref)

    def put(self, text: Text) -> None:
        """Keep it; one that is there already stays at its place."""
        if text.ref not in self._texts:
            self._add_to_phone(text)
        self._texts[text.ref] = text
        if len(self._texts) > self._limit:
            self._drop_oldest()

    def newest_first(self) -> Iterator[Text]:
        """All."""
        return reversed(self._texts.values())

    def of_phone(self, number: str) -> Iterator[Text]:
        """Those of one phone, newest first."""
        return (self._texts[ref] for ref in reversed(self._phones.get(number, ())))

    def phones(self) -> Iterator[str]:
        """The phones, the one whose newest text is newest first."""
        return reversed(self._phones)

    def clear(self) -> None:
        """Forget all."""
        self._texts.clear()
        self._phones.clear()

    def _add_to_phone(self, text: Text) -> None:
        refs = self._phones.pop(text.phone, None) or deque()
        refs.append(text.ref)
        self._phones[text.phone] = refs

    def _drop_oldest(self) -> None:
        text = self._texts.pop(next(iter(self._texts)))
        refs = self._phones[text.phone]
        refs.popleft()
        if not refs:
            del self._phones[text.phone]
