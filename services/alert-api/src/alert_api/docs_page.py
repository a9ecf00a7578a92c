"""The OpenAPI description as HTML, made on the server: no scripts, nothing loaded from elsewhere."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape

from pydantic import JsonValue


def docs_html(document: Mapping[str, JsonValue]) -> str:
    """Every operation with its parameters, body and answers, then every schema."""
    operations = (
        _operation(method, path, operation)
        for path, methods in _items(document.get("paths"))
        for method, operation in _items(methods)
    )
    schemas = (
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"{_schema(schema)}</details>"
        for name, schema in _items(_at(document, "components", "schemas"))
    )
    about = "".join(
        f"<p>{_prose(part)}</p>" for part in str(_at(document, "info", "description")).split("\n\n")
    )
    return (
        f'{about}<p>The same for machines: <a href="/openapi.json">openapi.json</a>. '
        '<a href="/problems">Problems</a> have their own pages.</p>'
        f"{''.join(operations)}<h2>Schemas</h2>{''.join(schemas)}"
    )


def _operation(method: str, path: str, operation: JsonValue) -> str:
    heading = f'<h2><span class="method">{method.upper()}</span> <code>{escape(path)}</code></h2>'
    summary = f"<p><strong>{_text(operation, 'summary')}.</strong> {_text(operation, 'description')}</p>"
    body = _at(operation, "requestBody", "content", "application/json", "schema")
    posted = f"<p>Body: {_type(body)}</p>" if body else ""
    answers = (
        (code, _text(answer, "description"), _type(_at(answer, "content", "application/json", "schema")))
        for code, answer in _items(_at(operation, "responses"))
    )
    return heading + summary + _parameters(operation) + posted + _table(answers)


def _parameters(operation: JsonValue) -> str:
    given = _at(operation, "parameters")
    listed = given if isinstance(given, list) else []
    return _table(
        (
            f"<code>{_text(each, 'name')}</code> in {_text(each, 'in')}",
            _text(each, "description"),
            _type(_at(each, "schema")),
        )
        for each in listed
    )


def _schema(schema: JsonValue) -> str:
    properties = list(_items(_at(schema, "properties")))
    if not properties:
        return f"<pre>{escape(json.dumps(schema, indent=2))}</pre>"
    required = _at(schema, "required")
    needed = required if isinstance(required, list) else []
    rows = (
        (
            f"<code>{escape(name)}</code>{' *' if name in needed else ''}",
            _text(each, "description"),
            _type(each),
        )
        for name, each in properties
    )
    return f"<p>{_text(schema, 'description')}</p>{_table(rows)}<p>* required</p>"


def _type(schema: JsonValue) -> str:
    if not isinstance(schema, dict):
        return ""
    if "$ref" in schema:
        name = escape(str(schema["$ref"]).rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if isinstance(choices := schema.get("anyOf"), list):
        return " or ".join(filter(None, map(_type, choices)))
    if isinstance(values := schema.get("enum"), list):
        return ", ".join(escape(str(value)) for value in values)
    kind = escape(str(schema.get("format") or schema.get("type") or schema.get("const") or ""))
    return f"{kind} of {_type(schema['items'])}" if "items" in schema else kind


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{body}</table>" if body else ""


def _text(value: JsonValue, key: str) -> str:
    found = _at(value, key)
    return _prose(found.rstrip(".")) + ("." if key == "description" else "") if isinstance(found, str) else ""


def _prose(text: str) -> str:
    """Escape a description; what stands between backticks is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _at(value: object, *keys: str) -> JsonValue:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value  # type: ignore[return-value] # what is below a JSON value is one


def _items(value: object) -> Iterator[tuple[str, JsonValue]]:
    yield from value.items() if isinstance(value, Mapping) else ()
