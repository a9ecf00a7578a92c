"""`python -m tocsin_local`: the verbs without the rest of the `tocsin` command."""

from tocsin_local.commands import app

app()
