"""All about texts in one place: what the phones' page and API read and do."""

from collections.abc import Mapping

from tocsin_sandbox.phones.callbacks import Callbacks
from tocsin_sandbox.phones.replies import Replies, StandIn
from tocsin_sandbox.phones.text import Provider
from tocsin_sandbox.phones.texts import Texts


class Desk:
    """The texts, what is told of them, and who carries them."""

    def __init__(self, texts: Texts, *, callbacks: Callbacks, stand_ins: Mapping[Provider, StandIn]) -> None:
        self.texts = texts
        self.callbacks = callbacks
        self.replies = Replies(texts.kept, stand_ins=stand_ins)
        self._stand_ins = stand_ins

    def rules_applied(self) -> dict[Provider, list[int]]:
        """How often each rule of each provider has applied."""
        return {provider: stand_in.rules.applied() for provider, stand_in in self._stand_ins.items()}

    def start(self) -> None:
        """Report again, and carry on with what a restart left."""
        self.callbacks.start()
        for stand_in in self._stand_ins.values():
            stand_in.resume()

    async def stop(self) -> None:
        """Report no more; what is under way waits for the next start."""
        for stand_in in self._stand_ins.values():
            stand_in.clear()
        await self.callbacks.stop()

    def delete(self) -> None:
        """Forget all texts, also those under way, and what was to be told of them."""
        for stand_in in self._stand_ins.values():
            stand_in.clear()
        self.callbacks.clear()
        self.texts.delete()
