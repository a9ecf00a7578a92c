"""What of one partition is finished: the watermark is the lowest offset that is not."""

from collections import OrderedDict


class Tracker:
    """Offsets received and finished, in any order; gaps (compaction, markers) count as finished."""

    def __init__(self, start: int, *, is_committed: bool = True) -> None:
        self._next = start
        self._open: OrderedDict[int, None] = OrderedDict()  # a dict would scan its deleted head
        self._committed = start if is_committed else -1

    def register(self, offset: int) -> bool:
        """Note a received record; False where it was already seen, so that it is not handled twice."""
        if offset < self._next:
            return False
        self._open[offset] = None
        self._next = offset + 1
        return True

    def finish(self, offset: int) -> None:
        """Note that nothing of this record is left to do."""
        self._open.pop(offset, None)

    @property
    def unfinished(self) -> int:
        """How many received records are not finished."""
        return len(self._open)

    @property
    def watermark(self) -> int:
        """The offset to commit: everything below it is finished."""
        return next(iter(self._open)) if self._open else self._next

    @property
    def uncommitted(self) -> int | None:
        """The watermark, if it has moved since it was committed."""
        return self.watermark if self.watermark != self._committed else None

    def committed(self, offset: int) -> None:
        """Note that Kafka has stored this watermark."""
        self._committed = offset
