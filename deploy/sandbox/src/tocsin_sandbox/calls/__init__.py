"""Calls: who picks up, what is said to them, which keys they press."""
