"""Who plays the providers."""

from typing import Final

SANDBOX: Final = "tocsin-sandbox"
"""The process that is the provider of every channel. It is none of ours: its clock is right, its log may name people."""
