"""What calls say, and who says it. A script is made once for each version and language of an alert: neither changes."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from tocsin_runtime.voice.script import Script, script
from tocsin_runtime.voice.settings import Voice
from tocsin_store import calls
from tocsin_store.calls import Called
from tocsin_store.pool import Connection

_MOST: Final = 256


class Scripts:
    """Those asked for lately."""

    def __init__(self, voices: Mapping[str, Voice]) -> None:
        self.voices = voices
        self._kept: OrderedDict[tuple[UUID, int, str], Script] = OrderedDict()

    async def of(self, conn: Connection, called: Called) -> Script:
        """What is said to a member in a call about an alert.

        Raises:
            ScriptError: Nothing can be said: the alert's content is at fault.
        """
        key = (called.alert_id, called.alert_version, called.language)
        if key not in self._kept:
            body, agency = await calls.wording(conn, called.alert_id, version=called.alert_version)
            self._kept[key] = script(body, language=called.language, agency=agency)
        self._kept.move_to_end(key)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return self._kept[key]
