"""What was accepted: counted always, kept whole up to a bound, never lost once it was acknowledged."""
