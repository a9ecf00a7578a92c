"""Twilio Programmable Messaging, API of 2010-04-01."""
