"""Messages to bytes and back, partitions, and CloudEvents 1.0 headers (binary mode, Kafka binding)."""

from binascii import crc32
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

Headers = Sequence[tuple[str, bytes]]
M = TypeVar("M", bound=BaseModel)


class UndecodableError(Exception):
    """The bytes are no message of this type. Names fields and rules, never values or keys."""


def encode(message: BaseModel) -> bytes:
    """UTF-8 JSON of a message."""
    return message.__pydantic_serializer__.to_json(message)


def decode(model: type[M], data: bytes | None) -> M:
    """Read one message; unknown fields are ignored.

    Raises:
        UndecodableError: The bytes do not fit the model.
    """
    try:
        return model.model_validate_json(data or b"")
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        where = "; ".join(f"{fault['loc'][0] if fault['loc'] else ''}: {fault['type']}" for fault in faults)
        raise UndecodableError(f"{model.__name__}: {where}") from None


def partition_for(key: UUID, *, partitions: int) -> int:
    """The partition of a key: crc32 of its 16 bytes, modulo. Every producer passes it explicitly."""
    return crc32(key.bytes) % partitions


def cloud_event(event_type: str, *, event_id: str, source: str, time: datetime) -> Headers:
    """The five required and usual CloudEvents headers plus the content type."""
    return (("ce_id", event_id.encode()), *_shared(event_type, source, time))


@lru_cache(maxsize=64)
def _shared(event_type: str, source: str, time: datetime) -> Headers:
    """What the events of one moment have in common."""
    return (
        ("ce_specversion", b"1.0"),
        ("ce_type", event_type.encode()),
        ("ce_source", source.encode()),
        ("ce_time", time.isoformat().encode()),
        ("content-type", b"application/json"),
    )
