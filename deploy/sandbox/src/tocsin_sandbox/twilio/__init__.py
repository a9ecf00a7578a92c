"""A stand-in for Twilio's Messages and Calls."""
