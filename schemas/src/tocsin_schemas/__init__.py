"""Contracts of the Tocsin platform: messages, topics, codec."""
