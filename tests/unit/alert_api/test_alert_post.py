"""The body of an alert: its lane, its default expiry, its texts."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alert_api.accept import lane_of
from alert_api.alert_plan import planned
from alert_api.alert_post import AlertPost
from alert_api.alert_times import default_expiry
from tocsin_schemas.words import Lane, Severity

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def parsed(**change: object) -> AlertPost:
    body = {
        "category": "flood",
        "severity": "minor",
        "areas": [{"code": "E05000001"}],
        "info": [{"language": "en-GB", "headline": "Flood", "description": "The river rises."}],
        "purpose": "public_task",
    }
    return AlertPost.model_validate_json(json.dumps(body | change), context={"now": NOON})


@pytest.mark.parametrize(
    ("severity", "urgency", "lane"),
    [
        ("extreme", "unknown", Lane.URGENT),
        ("severe", "past", Lane.URGENT),
        ("moderate", "immediate", Lane.URGENT),
        ("moderate", "expected", Lane.ROUTINE),
        ("unknown", "unknown", Lane.ROUTINE),
    ],
)
def test_severity_or_urgency_decide_the_lane(severity: str, urgency: str, lane: Lane) -> None:
    assert lane_of(parsed(severity=severity, urgency=urgency)) is lane


@pytest.mark.parametrize(
    ("severity", "hours"),
    [(Severity.EXTREME, 6), (Severity.SEVERE, 12), (Severity.MODERATE, 24), (Severity.UNKNOWN, 24)],
)
def test_an_alert_that_does_not_say_expires_by_severity(severity: Severity, hours: int) -> None:
    assert default_expiry(severity, now=NOON) == NOON + timedelta(hours=hours)


def test_email_is_the_default_channel() -> None:
    assert planned(parsed(), defaults={}).channels == ["email"]


def test_line_ends_become_newlines_and_unicode_stays() -> None:
    info = {"language": "cy", "headline": "Llifogydd 🌊 ŵŷ", "description": "a\r\nb\rc\td"}

    [shown] = parsed(info=[info]).info

    assert (shown.headline, shown.description) == ("Llifogydd 🌊 ŵŷ", "a\nb\nc\td")


@given(st.text(alphabet=st.characters(categories=["Cc", "Zl", "Zp"]), min_size=1))
def test_no_control_character_gets_into_a_headline(controls: str) -> None:
    info = {"language": "en", "headline": f"a{controls}b", "description": "x"}

    with pytest.raises(ValidationError, match="control character"):
        parsed(info=[info])


def test_effective_may_be_a_moment_ahead_of_our_clock() -> None:
    assert parsed(effective=(NOON + timedelta(seconds=30)).isoformat()).effective is not None


def test_a_later_alert_may_expire_two_days_after_it_begins() -> None:
    begins = NOON + timedelta(days=30)

    post = parsed(effective=begins.isoformat(), expires=(begins + timedelta(hours=48)).isoformat())

    assert post.expires == begins + timedelta(hours=48)
