"""A stand-in for Twilio's Messages API."""
