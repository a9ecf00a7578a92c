"""Two-stage rendering: an alert once per version and language, then what differs per member is spliced in."""

import re
import secrets
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

from jinja2 import PackageLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from email_worker.wording import wording_of
from tocsin_runtime.wording import direction_of, info_for, marking_of
from tocsin_store.content import AlertContent

LONGEST_LITERAL: Final = 400
"""Bytes of a line that the templates may fill: with its slots it stays below the 998 of RFC 5321."""

_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_UNIT: Final = re.compile(r"&#?\w{1,8};|.")

SLOTS: Final = ("name", "seen", "unsubscribe")


@dataclass(frozen=True, slots=True)
class Residual:
    """Text with holes: literal, slot, literal, … slot, literal."""

    literals: Sequence[str]
    slots: Sequence[str]


@dataclass(frozen=True, slots=True)
class RenderedAlert:
    """One alert version in one language, but for what differs per member."""

    language: str
    subject: str
    text: Residual
    html: Residual


class RenderingError(Exception):
    """The alert cannot be rendered at all: our template or its content is at fault."""


def render(content: AlertContent, *, language: str) -> RenderedAlert:
    """Render the alert for members who read this language; plain text first, HTML from the same words.

    Raises:
        RenderingError: A field is missing or of the wrong kind.
    """
    try:
        info = info_for(content.body, language=language)
        return _rendered(content, info)
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        raise RenderingError(type(error).__name__) from error


def _rendered(content: AlertContent, info: Mapping[str, str | None]) -> RenderedAlert:
    tag = str(info["language"])
    marks = {slot: f"\ue000{secrets.token_hex(8)}{slot}\ue001" for slot in SLOTS}  # nobody can write them
    marking = marking_of(
        str(content.body["status"]),
        message_type=str(content.body.get("message_type", "alert")),  # bodies of version 0.1 have none
        language=tag,
    )
    headline = " ".join(str(info["headline"]).split())
    shared = {
        **marks,
        "language": tag,
        "direction": direction_of(tag),
        "words": wording_of(tag),
        "marking": marking,
        "agency": content.agency_name,
        "headline": headline,
        "description": info["description"],
        "instruction": info.get("instruction"),
        "web": info.get("web"),
        "contact": info.get("contact"),
        "acknowledge": content.asks,
    }
    text = _template("message.txt").render(shared)
    html = _template("message.html").render(shared)
    return RenderedAlert(
        language=tag,
        subject=f"{marking}: {headline}" if marking else headline,
        text=_residual(_folded(text), marks=marks),
        html=_residual(_folded(html), marks=marks),
    )


@cache  # compiling takes 40 ms, rendering 0.1 ms
def _template(name: str) -> Template:
    environment = ImmutableSandboxedEnvironment(
        loader=PackageLoader("email_worker"),
        autoescape=name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["paragraphs"] = _paragraphs
    environment.filters["lines"] = _lines
    return environment.get_template(name)


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text.strip()) if part]


def _lines(text: str) -> Markup:
    return Markup("<br>\n").join(escape(line) for line in text.splitlines())


def _folded(text: str) -> str:
    """Break lines that mail may not carry, at spaces where there are any; line ends become CRLF."""
    lines = [piece for line in _UNPRINTABLE.sub(" ", text).splitlines() for piece in _pieces(line)]
    return "\r\n".join(lines) + "\r\n"


def _pieces(line: str) -> Iterator[str]:
    if len(line.encode()) <= LONGEST_LITERAL:
        yield line
        return
    width = LONGEST_LITERAL // 4  # four bytes a character at most
    for piece in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False):
        yield from (piece,) if len(piece.encode()) <= LONGEST_LITERAL else _broken(piece, width=width)


def _broken(word: str, *, width: int) -> Iterator[str]:
    """Break a word that is longer than a line, but not inside a character reference of HTML."""
    units = iter(_UNIT.findall(word))
    while piece := "".join(islice(units, width)):
        yield piece


def _residual(text: str, *, marks: Mapping[str, str]) -> Residual:
    names = {mark: slot for slot, mark in marks.items()}
    parts = re.split("(" + "|".join(map(re.escape, names)) + ")", text)
    return Residual(literals=parts[::2], slots=[names[mark] for mark in parts[1::2]])
