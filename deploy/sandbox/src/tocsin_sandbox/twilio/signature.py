"""X-Twilio-Signature, as Twilio computes it (https://www.twilio.com/docs/usage/security)."""

import base64
import hmac
from collections.abc import Mapping


def signature(url: str, fields: Mapping[str, str], *, token: str) -> str:
    """The Base64 of HMAC-SHA1, keyed with the account's token, over the URL and the sorted fields."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()
