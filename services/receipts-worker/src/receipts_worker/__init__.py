"""Merges receipts into the ledger, publishes metrics."""
