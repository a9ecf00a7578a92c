"""Which faults a run meets, and when: drawn wholly before it begins, so that a seed replays it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from pydantic import TypeAdapter

from tests.faults.fault import Kind, Scale, What


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault to come."""

    at: float
    """Seconds since the run began."""
    kind: str
    what: What


def schedule(
    kinds: Mapping[str, Kind],
    *,
    seed: int,
    seconds: float,
    every: float,
    scale: Scale,
    only: Collection[str] = (),
) -> tuple[Planned, ...]:
    """Draw the faults of a run, in order of time.

    Moments, kinds and what each kind does come from streams of their own: what a kind does the third time is the same
    whichever others there are.

    Args:
        kinds: All there are, by name.
        seed: Draws the same again.
        seconds: How long the run is; no fault begins later.
        every: Mean seconds between two beginnings. Beside a kind that wants to be alone there are as many more.
        scale: What faults may be drawn over.
        only: Names of the kinds to draw; empty: all.

    Raises:
        ValueError: `every` is no time, or `only` names a kind that there is not.
    """
    if every <= 0:
        raise ValueError(f"faults every {every} seconds")
    if unknown := sorted(set(only) - set(kinds)):
        raise ValueError(f"no such kinds of faults: {', '.join(unknown)}")
    chosen = {name: kinds[name] for name in sorted(only or kinds)}
    if not chosen:
        return ()
    draws = {name: _stream(seed, f"what {name}") for name in chosen}
    return tuple(
        Planned(at=round(at, 3), kind=name, what=kind.draw(draws[name], scale))
        for at, name, kind in _moments(chosen, seed=seed, seconds=seconds, every=every)
    )


def _moments(
    kinds: Mapping[str, Kind], *, seed: int, seconds: float, every: float
) -> Iterator[tuple[float, str, Kind]]:
    gaps, names = _stream(seed, "gaps"), _names(kinds, random=_stream(seed, "kinds"))
    at, after_alone = 0.0, False
    while True:
        name = next(names)
        kind = kinds[name]
        at += _gap(gaps, every=every) + (every if kind.alone or after_alone else 0)
        if at >= seconds:
            return
        yield at, name, kind
        after_alone = kind.alone


def _stream(seed: int, name: str) -> Random:
    return Random(f"{seed} {name}")  # noqa: S311 - a plan is repeated from its seed, it is no secret


def _gap(random: Random, *, every: float) -> float:
    """Return a gap of that mean, never shorter than a quarter of it: more at once than that is not two faults but one."""
    return every * (0.25 + 0.75 * random.expovariate(1))


def _names(kinds: Mapping[str, Kind], *, random: Random) -> Iterator[str]:
    """Yield names by weight for ever; none a third time while another has not come once."""
    times: Counter[str] = Counter()
    while True:
        unseen = len(times) < len(kinds)
        may = [name for name in kinds if not unseen or times[name] < 2]
        name = random.choices(may, weights=[kinds[one].weight for one in may])[0]
        times[name] += 1
        yield name


def as_json(planned: Sequence[Planned]) -> str:
    """Write a plan down, for example beside the ledgers of its run."""
    return TypeAdapter(tuple[Planned, ...]).dump_json(tuple(planned), indent=2).decode()


def from_json(text: str) -> tuple[Planned, ...]:
    """Read a plan that `as_json` wrote."""
    return TypeAdapter(tuple[Planned, ...]).validate_json(text)
