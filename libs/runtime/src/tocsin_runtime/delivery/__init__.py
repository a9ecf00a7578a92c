"""The delivery loop every channel shares: claim, hand over, receipt. A channel only translates."""
