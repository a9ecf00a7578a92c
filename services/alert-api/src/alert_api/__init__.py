"""The only HTTP door: agencies, members, receipts."""
