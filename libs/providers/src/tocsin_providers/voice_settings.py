"""Whom calls leave by: the Twilio accounts of texts, unless others are named."""

from collections.abc import Sequence

from pydantic import Field

from tocsin_providers.accounts import Accounts, TwilioAccount, TwilioAccounts
from tocsin_runtime.settings import Settings


class VoiceProviderSettings(Settings):
    """The same for who makes calls and who speaks in them."""

    sms_providers: Accounts = Field(default=(), description="In order of preference.")
    voice_providers: TwilioAccounts = Field(
        default=(), description="Of calls, in order of preference; the Twilio accounts of texts by default."
    )

    @property
    def call_accounts(self) -> Sequence[TwilioAccount]:
        """In order of preference."""
        of_texts = tuple(account for account in self.sms_providers if isinstance(account, TwilioAccount))
        return self.voice_providers or of_texts
