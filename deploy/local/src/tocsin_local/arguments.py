"""Read NAME=VALUE arguments."""

from __future__ import annotations

from tocsin_local.errors import LocalError


def environment_from(pairs: list[str]) -> dict[str, str]:
    """Read `--env KEY=VALUE`; the value may hold more equal signs."""
    return dict(_split(pair, option="--env KEY=VALUE") for pair in pairs)


def replicas_from(pairs: list[str]) -> dict[str, int]:
    """Read `--replicas SERVICE=COUNT`."""
    counts = dict(_split(pair, option="--replicas SERVICE=COUNT") for pair in pairs)
    wrong = [name for name, count in counts.items() if not count.isdecimal() or int(count) < 1]
    if wrong:
        raise LocalError(f"--replicas {wrong[0]}={counts[wrong[0]]}: the count is a number from 1.")
    return {name: int(count) for name, count in counts.items()}


def _split(pair: str, *, option: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not name or not equals:
        raise LocalError(f"{pair!r} is not of the form {option}.")
    return name, value
