"""Measurements as ratios to a ceiling taken in the same run; nothing here asserts on time."""
