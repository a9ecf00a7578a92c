"""A stand-in for GOV.UK Notify's text messages."""
