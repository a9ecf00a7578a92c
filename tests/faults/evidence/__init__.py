"""What a run writes down, and how it is read again: ledgers, dump, flight recorder, leaks, crashes."""
