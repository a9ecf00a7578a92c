"""The SMTP stand-in: what clients say to it, and how it answers or misbehaves."""
