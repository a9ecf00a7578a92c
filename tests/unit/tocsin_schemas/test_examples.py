"""Yesterday's messages: every release still reads them."""

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from tocsin_schemas.codec import UndecodableError, decode, encode
from tocsin_schemas.generate import FOLDER, stale, write
from tocsin_schemas.messages import MESSAGES, AlertAccepted, Receipt

EXAMPLES = FOLDER.parent / "examples"
FILES = sorted(EXAMPLES.glob("*/*.json"))


def model_of(path: Path) -> type[BaseModel]:
    return MESSAGES[path.parent.name]


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_every_message_has_an_example() -> None:
    assert {path.parent.name for path in FILES} == set(MESSAGES)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_an_example_is_read_as_it_was_written(path: Path) -> None:
    message = decode(model_of(path), path.read_bytes())

    written = json.loads(path.read_text())
    assert message == model_of(path).model_validate(written)
    assert set(written) <= set(type(message).model_fields)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_message_survives_the_way_there_and_back(path: Path) -> None:
    message = decode(model_of(path), path.read_bytes())

    assert decode(model_of(path), encode(message)) == message


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_field_of_tomorrow_is_ignored(path: Path) -> None:
    message = json.loads(path.read_text())

    newer = json.dumps({**message, "of_tomorrow": {"x": 1}}).encode()

    assert decode(model_of(path), newer) == decode(model_of(path), path.read_bytes())


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_missing_field_is_named(path: Path) -> None:
    message = json.loads(path.read_text())
    required = [name for name, field in model_of(path).model_fields.items() if field.is_required()]

    for name in required:
        without = json.dumps({key: value for key, value in message.items() if key != name})
        with pytest.raises(UndecodableError, match=f"{name}: missing"):
            decode(model_of(path), without.encode())


def test_what_cannot_be_read_is_named_without_its_value() -> None:
    spoilt = b'{"alert_id": "ada@home.example", "alert_version": "secret", "lane": "ada"}'

    with pytest.raises(UndecodableError) as raised:
        decode(AlertAccepted, spoilt)

    assert (
        str(raised.value) == "AlertAccepted: alert_id: uuid_parsing; alert_version: int_parsing; lane: enum"
    )
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("data", [None, b"", b"[]", b"null", b"\xff\xfe", b"{", b"1" * 5_000])
def test_bytes_that_are_no_message_are_undecodable(data: bytes | None) -> None:
    with pytest.raises(UndecodableError):
        decode(Receipt, data)


def test_the_committed_schemas_are_those_of_the_models() -> None:
    assert stale() == []


def test_a_schema_that_differs_is_stale_until_it_is_written_anew(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "io.tocsin.receipt.v1.json").write_text("{}")
    (tmp_path / "gone.json").write_text("{}")

    behind = stale(tmp_path)
    write(tmp_path)

    assert {path.name for path in behind} == {"io.tocsin.receipt.v1.json", "gone.json"}
    assert stale(tmp_path) == []
