"""Only what Twilio signed with our token is Twilio's."""

from collections.abc import Mapping, Sequence

import pytest
from pydantic import SecretStr
from twilio.request_validator import HMAC_SHA256, RequestValidator

from tocsin_providers.twilio.signature import Signatures

URL = "https://alerts.example/callbacks/twilio/status?r=a.1.b"
FORM: Mapping[str, Sequence[str]] = {"MessageSid": ["SM1"], "MessageStatus": ["sent"], "ErrorCode": [""]}
OURS = Signatures(SecretStr("a token"))


def signed(token: str, *, url: str = URL, algorithm: str | None = None) -> str:
    form = {name: values[0] for name, values in FORM.items()}
    return str(RequestValidator(token).compute_signature(url, form, algorithm))


def test_what_was_signed_with_our_token_is_proven() -> None:
    assert OURS.prove(URL, FORM, signature=signed("a token"))


def test_a_shared_key_signs_with_the_algorithm_it_names() -> None:
    signature = signed("a token", algorithm=HMAC_SHA256)

    assert OURS.prove(URL, FORM, signature=signature, settings="key=k,algorithm=HMAC_SHA256")
    assert not OURS.prove(URL, FORM, signature=signature)


def test_a_field_may_come_twice() -> None:
    form = {"Body": ["b", "a"]}
    signature = RequestValidator("a token").compute_signature(URL + "Body" + "a" + "Body" + "b", {})

    assert OURS.prove(URL, form, signature=str(signature))


@pytest.mark.parametrize(
    ("url", "form", "signature", "settings"),
    [
        (URL, FORM, signed("another token"), None),
        (URL, FORM, "", None),
        (URL, FORM, "ü" * 28, None),
        (URL, {**FORM, "MessageStatus": ["delivered"]}, signed("a token"), None),
        (URL.replace("a.1", "a.2"), FORM, signed("a token"), None),
        ("https://[alerts/", FORM, signed("a token"), None),
        ("https://alerts.example:port/", FORM, signed("a token"), None),
        (URL, FORM, signed("a token"), "algorithm=NONE"),
    ],
)
def test_anything_else_is_not(
    url: str, form: Mapping[str, Sequence[str]], signature: str, settings: str | None
) -> None:
    assert not OURS.prove(url, form, signature=signature, settings=settings)
