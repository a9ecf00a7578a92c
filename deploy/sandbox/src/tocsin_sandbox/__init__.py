"""Stand-in providers of mail and texts that keep or misbehave, and pages to see what arrived."""
