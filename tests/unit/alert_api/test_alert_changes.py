"""The bodies that change alerts: what may be left out, what may not change."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from alert_api.alert_changes import AlertUpdate
from alert_api.faults import faults_of
from alert_api.update import clashes

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEFORE = {"status": "exercise", "purpose": "service"}
BODY: Mapping[str, object] = {
    "to": "reached",
    "category": "flood",
    "severity": "minor",
    "info": [{"language": "en-GB", "headline": "Flood", "description": "The river rises."}],
    "purpose": "public_task",
}
AREAS = [{"code": "E05000001"}]


def parsed(**change: object) -> AlertUpdate:
    return AlertUpdate.model_validate_json(json.dumps({**BODY, **change}), context={"now": NOON})


def test_to_those_reached_neither_areas_nor_channels_are_needed() -> None:
    update = parsed()

    assert (update.areas, update.channels) == (None, None)


def test_to_an_audience_email_is_the_default_channel() -> None:
    assert parsed(to="audience", areas=AREAS).channels == ["email"]


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"to": "audience"}, [("/areas", "required")]),
        ({"to": "audience", "areas": None}, [("/areas", "required")]),
        ({"channels": ["email"]}, [("/channels", "not_with_reached")]),
        ({"to": "all", "channels": ["email"]}, [("/to", "enum")]),
        ({"effective": (NOON + timedelta(hours=1)).isoformat()}, [("/effective", "not_scheduled")]),
    ],
)
def test_what_may_not_be_is_named(change: dict[str, object], faults: list[tuple[str, str]]) -> None:
    with pytest.raises(ValidationError) as refused:
        parsed(**change)

    assert [(each.pointer, each.rule) for each in faults_of(refused.value)] == faults


@pytest.mark.parametrize(
    ("said", "rules"),
    [
        ({"to": "reached", "status": "exercise", "purpose": "service"}, []),
        ({"to": "audience", "status": "exercise", "purpose": "research"}, []),
        ({"to": "reached", "purpose": "service"}, ["same_status"]),
        ({"to": "reached", "status": "actual", "purpose": "research"}, ["same_status", "same_purpose"]),
        ({"to": "reached", "status": "sleepy", "purpose": ["research"]}, []),
        ({}, ["same_status"]),
        ([], []),
    ],
)
def test_an_exercise_stays_one_and_those_reached_keep_their_purpose(said: object, rules: list[str]) -> None:
    assert [fault.rule for fault in clashes(said, BEFORE)] == rules
