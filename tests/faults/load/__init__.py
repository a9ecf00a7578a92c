"""Everybody outside during a run: agencies, members, other mail systems, and who looks on."""
