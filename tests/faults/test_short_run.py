"""The short run that every change must pass: many kinds of faults in a minute, under load, on the whole stack."""

from pathlib import Path
from typing import Final

import pytest

from tests.faults.checker import check
from tests.faults.evidence.reading import read_history
from tests.faults.load.load import Profile
from tests.faults.pulse import BUSY
from tests.faults.run import Wish, run

WISH: Final = Wish(
    seed=7,
    seconds=45.0,
    every=1.4,
    profile=Profile(agencies=3, members=200, post_every=1.5, severities=(7, 0, 3), longest=60.0),
    patience=240.0,  # whoever hangs up at once is called again after 180 s, give or take a fifth
)
FEWEST: Final = 15


@pytest.mark.timeout(480)
def test_a_minute_of_faults_breaks_no_promise(tmp_path: Path) -> None:
    run(WISH, tmp_path / "run", show=print)

    history = read_history(tmp_path / "run")
    assert check(history) == []
    assert sum(fault.kind != BUSY for fault in history.faults) > FEWEST
    assert {accept.channel for accept in history.accepts} == {*WISH.profile.channels}
