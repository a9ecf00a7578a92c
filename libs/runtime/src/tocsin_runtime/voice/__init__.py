"""What a call says, and how it sounds: no provider is known here."""
