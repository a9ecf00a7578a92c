"""Loads what the demo needs: areas, members with their consents, an agency and its key."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final
from uuid import NAMESPACE_OID, UUID, uuid5

from tocsin_local.sample import SampleMember, areas, members
from tocsin_local.sample_lines import CALLER
from tocsin_local.sample_phones import SENDER
from tocsin_schemas.words import Channel, Purpose
from tocsin_store import agencies
from tocsin_store import areas as stored_areas
from tocsin_store import members as stored
from tocsin_store.pool import Connection, open_pool

PURPOSE: Final = Purpose.PUBLIC_TASK
CHANNELS: Final = (Channel.EMAIL, Channel.SMS)
"""Of the demo's alert."""
DISTRICTS: Final = ("E07000123", "E06000008")
_PAGE: Final = 2_000
_SEGMENTS_PER_S: Final = 200  # a sender has 10 by default: the demo would take minutes
_CALLS_PER_S: Final = 20  # and a caller 1

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded, and what must come of it."""

    api_key: str
    expected: Mapping[Channel, int]
    """Deliveries of an alert to both districts: one per consenting member and confirmed, current contact point."""

    @property
    def deliveries(self) -> int:
        """On the channels of the demo's alert."""
        return sum(self.expected.get(channel, 0) for channel in CHANNELS)


async def load(database_url: str, *, count: int, seed: int, progress: Progress) -> Loaded:
    """Load everything in one transaction; `progress` is told how many members are in."""
    async with (
        await open_pool(database_url, size=1, application_name="tocsin-demo") as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        await stored_areas.load(connection, [stored_areas.Area(a.code, a.name, a.geometry) for a in areas()])
        agency = await agencies.add(
            connection,
            slug="sample-fire",
            name="Sample Fire & Rescue Service",
            email_from="alerts@fire.example",
            reply_to="control@fire.example",
            sms_from=SENDER,
            sms_segments_per_s=_SEGMENTS_PER_S,
            voice_from=CALLER,
            calls_per_s=_CALLS_PER_S,
        )
        if agency is None:
            raise RuntimeError("the demo starts from an empty database")
        key = agencies.new_key()
        await agencies.add_key(connection, key, agency_id=agency, scopes=list(agencies.Scope))
        expected = await _load_members(connection, agency=agency, count=count, seed=seed, progress=progress)
    return Loaded(key.text, expected)


async def _load_members(
    connection: Connection, *, agency: UUID, count: int, seed: int, progress: Progress
) -> Mapping[Channel, int]:
    expected, loaded = Counter[Channel](), 0
    people = members(count, seed=seed)
    while page := list(islice(people, _PAGE)):
        await stored.add_members(connection, [_member(p) for p in page])
        await stored.add_places(connection, [_place(p) for p in page])
        await stored.add_contact_points(connection, [c for p in page for c in _contact_points(p)])
        await stored.add_consents(connection, [c for p in page for c in _consents(p, agency=agency)])
        expected.update(channel for p in page for channel in _deliveries(p))
        loaded += len(page)
        progress(loaded)
    await stored.analyse(connection)
    return expected


def _id(kind: str, key: object) -> UUID:
    """Sample ids are made from the sample's own keys: the same in every run."""
    return uuid5(NAMESPACE_OID, f"tocsin.sample.{kind}.{key}")


def _member(person: SampleMember) -> stored.Member:
    return stored.Member(
        _id("member", person.key), _id("household", person.household), person.name, person.language
    )


def _place(person: SampleMember) -> stored.Place:
    return stored.Place(
        _id("place", person.key), _id("member", person.key), "home", person.easting, person.northing
    )


def _contact_points(person: SampleMember) -> Sequence[stored.ContactPoint]:
    past = datetime.now(UTC) - timedelta(days=1)
    return [
        stored.ContactPoint(
            id=_id("contact", f"{person.key}.{number}"),
            member_id=_id("member", person.key),
            channel=point.channel,
            address=point.address,
            confirmed_at=past if point.confirmed else None,
            valid_until=past if point.replaced else None,
        )
        for number, point in enumerate(person.contact_points)
    ]


def _consents(person: SampleMember, *, agency: UUID) -> Sequence[stored.Consent]:
    past = datetime.now(UTC) - timedelta(hours=1)
    return [
        stored.Consent(
            id=_id("consent", f"{person.key}.{consent.purpose}.{consent.channel}"),
            member_id=_id("member", person.key),
            agency_id=agency,
            purpose=consent.purpose,
            channel=consent.channel,
            evidence={"how": "sample", "wording": "sample-1"},
            valid_until=None if consent.granted else past,
        )
        for consent in person.consents
    ]


def _deliveries(person: SampleMember) -> Sequence[Channel]:
    consented = {one.channel for one in person.consents if one.purpose == PURPOSE and one.granted}
    in_use = [point.channel for point in person.contact_points if point.confirmed and not point.replaced]
    return [channel for channel in in_use if channel in consented]
