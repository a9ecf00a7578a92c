"""Seeded bugs: patches against the product, and what each must be caught by."""
