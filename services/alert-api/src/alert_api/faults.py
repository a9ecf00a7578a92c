"""Pydantic's errors as faults: JSON pointer, rule, words. Never an input value."""

from collections.abc import Iterable
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from alert_api.problems import Fault

_RULES: Final = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "string_too_long": "max_length",
    "string_too_short": "min_length",
    "string_pattern_mismatch": "pattern",
    "enum": "enum",
    "literal_error": "enum",
    "too_long": "max_items",
    "too_short": "min_items",
    "timezone_aware": "time_zone",
    "greater_than": "minimum",
    "greater_than_equal": "minimum",
    "less_than": "maximum",
    "less_than_equal": "maximum",
    "finite_number": "finite",
    "datetime_from_date_parsing": "date_time",
    "datetime_parsing": "date_time",
    "datetime_object_invalid": "date_time",
}
_LONGEST_NAME: Final = 64


def faults_of(error: ValidationError) -> list[Fault]:
    """Every fault of a body."""
    return [_fault(each) for each in error.errors(include_url=False, include_input=False)]


def pointer(parts: Iterable[str | int]) -> str:
    """RFC 6901. A name is cut after 64 characters: it may be the caller's own."""
    return "".join("/" + str(part)[:_LONGEST_NAME].replace("~", "~0").replace("/", "~1") for part in parts)


def rule_of(error_type: str) -> str:
    """Our name of a rule."""
    return _RULES.get(error_type) or ("type" if error_type.endswith(("_type", "_parsing")) else error_type)


def _fault(error: ErrorDetails) -> Fault:
    return Fault(pointer(error["loc"]), rule_of(error["type"]), error["msg"].rstrip(".") + ".")
