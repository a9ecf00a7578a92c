"""How acknowledgements are shown."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from tocsin_store.acknowledgements import Count, Counts


class Counted(BaseModel):
    """Members, each once, whatever came to them and by which channel."""

    model_config = ConfigDict(from_attributes=True)

    members: int = Field(description="Whom the version is meant for, suppressed ones included.")
    reached: int = Field(description="Whom a message was handed over for that nobody provably refused.")
    acknowledged: int = Field(description="Who says that they have seen it.")


class AreaCounted(Counted):
    """Of one area."""

    area: int = Field(description="Its place in `areas` as they were posted, from 0 on.")
    name: str | None
    code: str | None


class Acknowledgements(Counted):
    """A snapshot of an alert version."""

    alert_id: UUID
    alert_version: int
    asked: bool = Field(description="Whether it asks people to say that they have seen it.")
    as_of: datetime
    areas: list[AreaCounted] = Field(
        description="As they were posted. Who has places in several counts in each of them. Empty where it went to one "
        "person."
    )


def acknowledgements_of(
    counts: Counts, body: Mapping[str, object], *, alert_id: UUID, version: int
) -> Acknowledgements:
    """What was counted, with the areas' names and codes from the version's body."""
    return Acknowledgements(
        **_counted(counts.in_all),
        alert_id=alert_id,
        alert_version=version,
        asked=body.get("acknowledge") is True,
        as_of=counts.as_of,
        areas=list(_areas(counts.by_area, body)),
    )


def _areas(by_area: Mapping[int, Count], body: Mapping[str, object]) -> Iterator[AreaCounted]:
    posted = body.get("areas")
    for number, area in enumerate(posted if isinstance(posted, list) else []):
        if number in by_area:
            yield AreaCounted(
                **_counted(by_area[number]), area=number, name=area.get("name"), code=area.get("code")
            )


def _counted(count: Count) -> dict[str, int]:
    return Counted.model_validate(count).model_dump()
