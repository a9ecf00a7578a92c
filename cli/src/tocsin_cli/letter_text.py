"""How letters are shown: ids, places and reasons; a terminal is never given a byte that it would obey."""

from collections.abc import Iterator, Mapping, Sequence

from tocsin_cli.moments import shown
from tocsin_runtime.kafka.letter_box import Letter
from tocsin_runtime.kafka.letter_list import Listed


def printable(value: bytes | str) -> str:
    """As text; what is no text or cannot be printed stands there escaped."""
    text = value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text
    )


def listed_row(listed: Listed) -> Sequence[str]:
    """One letter on one line."""
    letter = listed.letter
    where, whose, why = _origin(letter)
    return (letter.id, shown(letter.at), where, whose, "replayed" if listed.replayed else "-", why)


def header_lines(letter: Letter, *, size: int, replayed: bool) -> Iterator[str]:
    """All of one letter but its bytes."""
    where, whose, why = _origin(letter)
    yield f"letter     {letter.id}"
    yield f"put aside  {shown(letter.at)}"
    yield f"came from  {where}"
    yield f"group      {whose}"
    yield f"why        {why}"
    cut = letter.why.cut_from if letter.why else None
    yield f"size       {size} bytes{f', cut from {cut}: it cannot be replayed' if cut else ''}"
    yield f"replayed   {'yes' if replayed else 'no'}"


def letter_data(letter: Letter, *, size: int, replayed: bool) -> Mapping[str, object]:
    """All of one letter but its bytes, for programs."""
    origin = letter.why.model_dump() if letter.why else None
    return {
        "id": letter.id,
        "at": letter.at.isoformat(),
        "size": size,
        "replayed": replayed,
        "letter": origin,
    }


def _origin(letter: Letter) -> tuple[str, str, str]:
    if letter.why is None:
        return "?", "?", "its header cannot be read"
    place = f"{letter.why.topic}/{letter.why.partition}/{letter.why.offset}"
    return printable(place), printable(letter.why.group), printable(letter.why.error)
