"""Contact points, and made e-mail addresses that can reach nobody.

Every address ends in a name that RFC 2606 and RFC 6761 reserve: it resolves nowhere, so that a mistake
mails no one.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from tocsin_local.sample_draw import Weighted, weighted
from tocsin_schemas.words import Channel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from tocsin_local.sample_people import Name

History: TypeAlias = Literal["one", "unconfirmed", "changing", "changed"]

DOMAINS: Final[Weighted[str]] = weighted(
    {
        "mail.example": 34,
        "post.example": 17,
        "inbox.example": 12,
        "letters.test": 9,
        "quickmail.example": 7,
        "ribblenet.example": 5,
        "homebox.test": 4,
        "dial-up.invalid": 3,
        "millmail.example": 3,
        "students.college.example": 3,
        "work.test": 2,
        "tiny-host.invalid": 1,
    }
)
LOCAL_PARTS: Final[Weighted[str]] = weighted(
    {
        "{first}.{last}{key}": 45,
        "{first}{key}": 15,
        "{initial}.{last}{key}": 15,
        "{last}.{first}{key}": 12,
        "{first}_{last}{key}": 10,
        "{first}.{last}{key}+alerts": 3,
    }
)
SECOND_LOCAL_PART: Final = "{last}-{key}"
"""Unlike any of the above, so that a member's two addresses differ under any domain."""

HISTORIES: Final[Weighted[History]] = weighted(
    {"one": 0.978, "unconfirmed": 0.006, "changing": 0.005, "changed": 0.011}
)
HAS_TWO: Final[tuple[History, ...]] = ("changing", "changed")
KEEPS_APOSTROPHE: Final = 0.3
UNDECOMPOSABLE: Final = str.maketrans({"ł": "l", "ß": "ss", "\N{RIGHT SINGLE QUOTATION MARK}": "'"})
LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz-' ")


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """One way to reach a member; a `replaced` one was closed when the member confirmed the next."""

    channel: Channel
    address: str
    confirmed: bool
    replaced: bool = False


def contact_points(name: Name, *, key: int, rng: Random) -> tuple[ContactPoint, ...]:
    """The member's e-mail addresses, oldest first; no other key gives any of them."""
    history = HISTORIES.pick(rng)
    addresses = [_address(name, key=key, local_part=LOCAL_PARTS.pick(rng), rng=rng)]
    if history in HAS_TWO:
        addresses.append(_address(name, key=key, local_part=SECOND_LOCAL_PART, rng=rng))
    return points_of(Channel.EMAIL, addresses=addresses, history=history)


def points_of(channel: Channel, *, addresses: Sequence[str], history: History) -> tuple[ContactPoint, ...]:
    """One address, or the one before and the next where the history has two."""
    first = ContactPoint(
        channel, addresses[0], confirmed=history != "unconfirmed", replaced=history == "changed"
    )
    return (first, *(ContactPoint(channel, one, confirmed=history == "changed") for one in addresses[1:]))


def _address(name: Name, *, key: int, local_part: str, rng: Random) -> str:
    words = _plain(name.latin, apostrophes=rng.random() < KEEPS_APOSTROPHE).split()
    local = local_part.format(first=words[0], initial=words[0][0], last=words[-1], key=key)
    return f"{local}@{DOMAINS.pick(rng)}"


def _plain(text: str, *, apostrophes: bool) -> str:
    """The text in a to z, hyphens and spaces, and apostrophes: lawful in an address, often forgotten."""
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(UNDECOMPOSABLE))
    kept = "".join(letter for letter in decomposed if letter in LETTERS)
    return kept if apostrophes else kept.replace("'", "")
