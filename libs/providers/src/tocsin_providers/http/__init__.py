"""Requests to providers over HTTP: how they are kept under way, and where they go when one is in trouble."""
