"""Hours in which what is routine may not disturb: the member's own, and of calls those that nobody may be called in."""

from datetime import time
from typing import Final

NO_CALLS: Final = (time(21), time(8))
"""From and until when, by the clock on the member's wall: 47 CFR 64.1200(c)(1), and what residents are used to."""

QUIET: Final = f"""
SELECT max(quiet_until(now(), m.time_zone, starts, ends)) AS until
FROM  (SELECT starts, ends FROM quiet_hours WHERE member_id = d.member_id AND channel = d.channel
       UNION ALL
       SELECT time '{NO_CALLS[0]}', time '{NO_CALLS[1]}' WHERE d.channel = 'voice') hours
WHERE  a.lane = 'routine' OFFSET 0
"""
"""Until when delivery d of alert a may not disturb its member m, in SQL; null where it may now."""
