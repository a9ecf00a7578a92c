"""The fault harness: break everything under load, then check every promise from the outside."""
