"""A topic's id: it tells a topic from one of the same name that was made anew, which offsets cannot.

The client library asks for metadata in a version that has no ids, so this module speaks version 12 of that request
(Kafka 3.1 and later; https://kafka.apache.org/protocol#The_Messages_Metadata).
"""

from io import BytesIO
from typing import Final, cast
from uuid import UUID

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import NodeNotReadyError, NoError, for_code
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

_NO_ID: Final = UUID(int=0)


class _Id(AbstractType):  # type: ignore[misc] # aiokafka has no types
    @classmethod
    def encode(cls, value: UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> UUID:
        return UUID(bytes=data.read(16))


_BROKER: Final = (
    ("node_id", Int32),
    ("host", CompactString()),
    ("port", Int32),
    ("rack", CompactString()),
    ("tags", TaggedFields),
)
_PARTITION: Final = (
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", CompactArray(Int32)),
    ("isr", CompactArray(Int32)),
    ("offline", CompactArray(Int32)),
    ("tags", TaggedFields),
)
_TOPIC: Final = (
    ("error_code", Int16),
    ("name", CompactString()),
    ("id", _Id),
    ("is_internal", Boolean),
    ("partitions", CompactArray(*_PARTITION)),
    ("operations", Int32),
    ("tags", TaggedFields),
)


class _Metadata(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_ms", Int32),
        ("brokers", CompactArray(*_BROKER)),
        ("cluster_id", CompactString()),
        ("controller_id", Int32),
        ("topics", CompactArray(*_TOPIC)),
        ("tags", TaggedFields),
    )


class _MetadataQuestion(RequestStruct):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 12
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _Metadata
    SCHEMA = Schema(
        ("topics", CompactArray(("id", _Id), ("name", CompactString()), ("tags", TaggedFields))),
        ("create", Boolean),
        ("operations", Boolean),
        ("tags", TaggedFields),
    )


class _WhichTopic(Request[_MetadataQuestion]):  # type: ignore[misc]
    API_KEY = 3

    def __init__(self, name: str) -> None:
        self._name = name

    def build(self, question: type[_MetadataQuestion]) -> _MetadataQuestion:
        return question([(_NO_ID, self._name, {})], False, False, {})  # noqa: FBT003 - a message's fields


async def topic_id(client: AIOKafkaClient, name: str) -> UUID:
    """Ask a broker which topic this is now.

    Raises:
        KafkaError: There is none of that name at the moment, or nobody answers.
    """
    node = client.get_random_node()
    if node is None:
        raise NodeNotReadyError
    answer = await client.send(node, _WhichTopic(name))
    (topic,) = answer.topics
    error_code, _, id_, *_ = topic
    if (error := for_code(error_code)) is not NoError:
        raise error(name)
    return cast("UUID", id_)
