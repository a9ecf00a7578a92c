"""Composition root."""


def main() -> None:
    """Console script."""
