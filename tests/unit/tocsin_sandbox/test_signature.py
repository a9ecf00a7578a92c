"""Twilio's signature, as the SDK checks it."""

from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from tocsin_sandbox.twilio.signature import signature

FIELDS = st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=20), max_size=6)


@given(fields=FIELDS, path=st.text(alphabet="abc/?&=%2B", max_size=20), token=st.text(min_size=1))
def test_the_sdk_takes_it(fields: dict[str, str], path: str, token: str) -> None:
    url = f"https://tocsin.example/{path}"

    assert RequestValidator(token).compute_signature(url, fields) == signature(url, fields, token=token)
