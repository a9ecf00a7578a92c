"""Who says so: Twilio signs what it sends us, over the URL as it was called and the form."""

import hmac
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import SecretStr
from twilio.request_validator import RequestValidator, get_signature_algorithm

SIGNATURE: Final = "X-Twilio-Signature"
SIGNATURE_SETTINGS: Final = "X-Twilio-Webhooks-Signature-Settings"


class _Form(dict[str, Sequence[str]]):
    def getall(self, name: str) -> Sequence[str]:
        """All values of a field, as the validator asks for them."""
        return self[name]


class Signatures:
    """What an account's token can prove."""

    def __init__(self, auth_token: SecretStr) -> None:
        self._validator = RequestValidator(auth_token.get_secret_value())

    def prove(
        self, url: str, form: Mapping[str, Sequence[str]], *, signature: str, settings: str | None = None
    ) -> bool:
        """Whether Twilio sent this form to this URL.

        Args:
            url: As Twilio called it: the public one, with its query.
            form: Every field with its values; a field without any value must be there, with an empty one.
            signature: Header `SIGNATURE`.
            settings: Header `SIGNATURE_SETTINGS`, where there is one: it names the algorithm.
        """
        values = _Form(form)
        try:
            algorithm = get_signature_algorithm(settings)
            as_called = self._validator.compute_signature(url, values, algorithm)
            # The SDK's own check also tries the URL with and without a port, and takes three times as long.
            return hmac.compare_digest(as_called.encode(), signature.encode()) or bool(
                self._validator.validate(url, values, signature, algorithm)
            )
        except ValueError:  # no URL, or no algorithm of ours
            return False
