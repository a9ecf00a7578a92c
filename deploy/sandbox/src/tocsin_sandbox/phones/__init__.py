"""Texts as they arrive on phones: what the stand-ins of all text providers share."""
