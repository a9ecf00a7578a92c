"""`tocsin topics`: they must be there before any service starts."""

import asyncio
from typing import Annotated, Final

from cyclopts import App, Parameter

from tocsin_cli.errors import CommandError
from tocsin_cli.output import say, say_json
from tocsin_cli.settings import KafkaSettings
from tocsin_runtime.kafka.admin import apply_topics
from tocsin_runtime.kafka.producer import KafkaUnavailableError
from tocsin_runtime.settings import read_settings
from tocsin_schemas.topics import TOPICS

app: Final = App(name="topics", help="Kafka topics.")


@app.command
def apply(*, replication: int = 1, json: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Create the topics that are missing.

    Args:
        replication: Copies of each partition; 3 in production.
        json: Print JSON.
    """
    servers = read_settings(KafkaSettings).kafka_bootstrap_servers
    try:
        created = asyncio.run(apply_topics(servers, TOPICS, replication=replication))
    except KafkaUnavailableError as error:
        raise CommandError(f"Kafka does not answer or refuses ({error}).") from error
    if json:
        say_json({"created": created})
    else:
        say(f"Created {', '.join(created)}." if created else "All topics are there.")
