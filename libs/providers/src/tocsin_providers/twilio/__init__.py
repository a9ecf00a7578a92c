"""Twilio: texts and calls, API of 2010-04-01."""
