"""`tocsin demo` is the first thing anybody runs: from nothing to reconciled receipts, for people and for programs."""

import asyncio
import json
import sys
from pathlib import Path

from tocsin_local.sample import members

MEMBERS = 60
COMMAND = Path(sys.executable).parent / "tocsin"


async def test_the_demo_ends_with_a_verdict_that_programs_can_read(tmp_path: Path) -> None:
    demo = await asyncio.create_subprocess_exec(
        COMMAND,
        *("demo", "--members", str(MEMBERS), "--json", "--dir", str(tmp_path / "demo")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )

    out, err = await asyncio.wait_for(demo.communicate(), timeout=120)

    assert demo.returncode == 0, err.decode()
    told = json.loads(out.splitlines()[-1])
    assert (told["ok"], told["members"], told["faults"]) == (True, MEMBERS, [])
    assert 0 < told["deliveries"] <= sum(len(member.contact_points) for member in members(MEMBERS))
    emails, texts = told["channels"]["email"]["sent"], told["channels"]["sms"]["delivered"]
    assert told["channels"] == {"email": {"sent": emails}, "sms": {"delivered": texts}}
    assert told["states"] == {"sent": emails, "delivered": texts}
    assert told["deliveries"] == emails + texts
    assert told["inbox"] == {"messages": emails, "distinct": emails, "duplicates": 0}
    assert told["phones"] == {"messages": texts, "distinct": texts, "duplicates": 0}
    assert (told["texts"]["segments"] >= texts, told["texts"]["untold"]) == (True, 0)
    assert told["texts"]["cost"]["currency"] == "GBP"
    assert told["rate"] > 0
