"""Audience, fan-out, due deliveries, recovery."""
