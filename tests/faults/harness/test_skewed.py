import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.skewed import CLOCKS, PROCESS, SkewedClock, skewed_services
from tocsin_local.services import SERVICES, with_replicas

SECOND = timedelta(seconds=1)
PROBE = """
from datetime import UTC, datetime
from tocsin_runtime.clock import utc_now

def main() -> None:
    print((utc_now() - datetime.now(UTC)).total_seconds())
"""


class Stopwatch:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def is_about(moment: datetime, *, ahead: float) -> bool:
    return abs(moment - datetime.now(UTC) - timedelta(seconds=ahead)) < SECOND


def test_a_clock_without_a_file_is_right(tmp_path: Path) -> None:
    clock = SkewedClock(tmp_path / "dispatcher")

    now = clock.now()

    assert is_about(now, ahead=0)


@pytest.mark.parametrize("ahead", [-60.0, 0.5, 60.0])
def test_a_clock_is_ahead_by_what_its_file_says(tmp_path: Path, ahead: float) -> None:
    (tmp_path / "dispatcher").write_text(str(ahead))

    now = SkewedClock(tmp_path / "dispatcher").now()

    assert is_about(now, ahead=ahead)


def test_a_file_is_read_again_after_a_tenth_of_a_second(tmp_path: Path) -> None:
    stopwatch = Stopwatch()
    clock = SkewedClock(tmp_path / "dispatcher", monotonic=stopwatch)
    clock.now()
    (tmp_path / "dispatcher").write_text("60")

    stopwatch.now = 0.05
    early = clock.now()
    stopwatch.now = 0.15
    late = clock.now()

    assert is_about(early, ahead=0)
    assert is_about(late, ahead=60)


def test_every_replica_has_a_clock_of_its_own() -> None:
    services = with_replicas(SERVICES, {"email-worker": 2})

    skewed = skewed_services(services)

    clocks = {one.environment[PROCESS] for one in skewed if PROCESS in one.environment}
    assert clocks == {one.name for one in services} - {"tocsin-sandbox"}


def test_the_provider_stays_as_it_is() -> None:
    skewed = skewed_services(SERVICES)

    (provider,) = [one for one in skewed if one.name == "tocsin-sandbox"]
    assert provider in SERVICES


def test_a_changed_copy_of_the_sources_stays_in_front() -> None:
    skewed = skewed_services(SERVICES, sources="/changed")

    assert skewed[0].environment["PYTHONPATH"].startswith(f"/changed{os.pathsep}")


async def test_a_program_runs_by_its_clock(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(PROBE)
    metadata = tmp_path / "probe-1.dist-info"
    metadata.mkdir()
    (metadata / "entry_points.txt").write_text("[console_scripts]\nprobe = probe:main\n")
    (tmp_path / "probe-2").write_text("30")
    (service,) = skewed_services((SERVICES[0],))
    told = {**service.environment, CLOCKS: str(tmp_path), PROCESS: "probe-2"}
    path = os.pathsep.join([str(tmp_path), told["PYTHONPATH"]])

    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *service.command[1:-1],
        "probe",
        env={**os.environ, **told, "PYTHONPATH": path},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()

    assert float(output) == pytest.approx(30, abs=1)
