"""The newest texts, whole, in memory."""

from collections import deque
from collections.abc import Iterator

from tocsin_sandbox.phones.text import Text


class _Index:
    """The ids under each key, oldest first; the key whose newest id is newest comes last."""

    def __init__(self) -> None:
        self.refs: dict[str, deque[str]] = {}

    def add(self, key: str, ref: str) -> None:
        refs = self.refs.pop(key, None) or deque()
        refs.append(ref)
        self.refs[key] = refs

    def drop_oldest(self, key: str) -> None:
        refs = self.refs[key]
        refs.popleft()
        if not refs:
            del self.refs[key]


class Kept:
    """At most so many texts; the oldest go. Newest first is by when they came, not by when they changed."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.clear()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._texts)

    def get(self, ref: str) -> Text | None:
        """One text, if it is kept."""
        return self._texts.get(ref)

    def put(self, text: Text) -> None:
        """Keep it; one that is there already stays at its place."""
        if text.ref not in self._texts:
            self._phones.add(text.phone, text.ref)
            self._references.add(text.draft.reference, text.ref)
        self._texts[text.ref] = text
        if len(self._texts) > self._limit:
            self._drop_oldest()

    def newest_first(self) -> Iterator[Text]:
        """All."""
        return reversed(self._texts.values())

    def of_phone(self, number: str) -> Iterator[Text]:
        """Those of one phone, newest first."""
        return self._found(self._phones, number)

    def count_of_phone(self, number: str) -> int:
        """How many texts a phone has."""
        return len(self._phones.refs.get(number, ()))

    def of_reference(self, reference: str) -> Iterator[Text]:
        """Those with this reference of the client's, newest first."""
        return self._found(self._references, reference)

    def phones(self) -> Iterator[str]:
        """The phones, the one whose newest text is newest first."""
        return reversed(self._phones.refs)

    def clear(self) -> None:
        """Forget all."""
        self._texts: dict[str, Text] = {}
        self._phones = _Index()
        self._references = _Index()

    def _found(self, index: _Index, key: str) -> Iterator[Text]:
        return (self._texts[ref] for ref in reversed(index.refs.get(key, ())))

    def _drop_oldest(self) -> None:
        text = self._texts.pop(next(iter(self._texts)))
        self._phones.drop_oldest(text.phone)
        self._references.drop_oldest(text.draft.reference)
