"""Stand-in providers: an SMTP server that keeps or misbehaves, and a page to see what arrived."""
