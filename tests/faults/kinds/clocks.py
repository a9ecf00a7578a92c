"""A process's wall clock steps, forward or back, and is set right again."""

import asyncio
from random import Random
from typing import Final

from tests.faults.fault import Kind, Scale, Scene, What

_STEP_S: Final = (0.5, 60.0)
_FOR_S: Final = (2.0, 12.0)


def _draw(random: Random, scale: Scale) -> What:
    return {
        "service": random.choice(scale.services),
        "ahead": round(random.choice((-1, 1)) * random.uniform(*_STEP_S), 2),
        "seconds": round(random.uniform(*_FOR_S), 2),
    }


async def _strike(scene: Scene, what: What) -> None:
    clock = scene.clocks / str(what["service"])
    draft = clock.with_name(f".{clock.name}")
    draft.write_text(str(what["ahead"]))
    try:
        draft.replace(clock)  # a reader sees all of it or nothing
        await asyncio.sleep(float(what["seconds"]))
    finally:
        clock.unlink(missing_ok=True)  # another fault may have set it right


KINDS: Final = (Kind("clock-step", _draw, _strike, weight=3),)
