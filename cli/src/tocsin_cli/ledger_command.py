"""`tocsin ledger`: what waits, who works, what needs an operator."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from tocsin_cli.ledger_report import gather
from tocsin_cli.ledger_rules import needs
from tocsin_cli.ledger_text import data, lines
from tocsin_cli.output import say, say_json
from tocsin_cli.settings import DatabaseSettings, KafkaSettings
from tocsin_runtime.settings import read_settings


def ledger(*, json: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Show what waits, who works, and what needs an operator: exit status 1 if something does, else 0.

    It does where Kafka does not answer; the outbox's oldest row is older than 30 s; a fan-out, what is due or a chunk
    was not taken up within a minute; a whole channel is on hold for a minute; deliveries wait and no worker is alive; a
    heartbeat is older than 15 s; a dead session is not recovered within a minute; a delivery is claimed for more than a
    minute; receipts wait for the merge for more than a minute; a dead letter of the last day was not replayed.

    Args:
        json: Print JSON.
    """
    dsn = read_settings(DatabaseSettings).database_url.get_secret_value()
    report = asyncio.run(gather(dsn=dsn, kafka=read_settings(KafkaSettings).kafka_bootstrap_servers))
    if json:
        say_json(data(report))
    else:
        for line in lines(report):
            say(line)
    if needs(report):
        raise SystemExit(1)
