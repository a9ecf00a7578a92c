"""Alembic revisions, in SQL."""
