"""A network that can be broken: a proxy of ours in front of each server."""
