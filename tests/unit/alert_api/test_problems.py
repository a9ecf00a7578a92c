"""Problems: RFC 9457, each fault once, no value."""

import json
from http import HTTPStatus

import pytest

from alert_api.faults import pointer
from alert_api.problems import PROBLEMS, Fault, Problem


def test_a_problem_says_what_where_and_which_request() -> None:
    fault = Fault("/info/0/headline", "required", "Field required.")
    problem = Problem("validation", faults=[fault, fault], headers={"Retry-After": "1"})

    answer = problem.response("r-1")

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "1"
    body = json.loads(bytes(answer.body))
    assert body["type"] == "/problems/validation"
    assert body["instance"] == "urn:tocsin:request:r-1"
    assert body["errors"] == [
        {"pointer": "/info/0/headline", "rule": "required", "detail": "Field required."}
    ]


@pytest.mark.parametrize("slug", PROBLEMS)
def test_every_kind_is_an_error_that_says_what_to_do(slug: str) -> None:
    kind = PROBLEMS[slug]

    assert kind.status >= HTTPStatus.BAD_REQUEST
    assert kind.title
    assert kind.meaning.endswith(".")
    assert kind.remedy.endswith(".")


def test_a_pointer_is_escaped_and_a_long_name_cut() -> None:
    assert pointer(["info", 0, "a/b~c", "x" * 100]) == "/info/0/a~1b~0c/" + "x" * 64
    assert pointer([]) == ""
