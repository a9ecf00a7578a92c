"""Start and stop Kafka and PostgreSQL as whoever runs this; print what the database says."""

import sys
from pathlib import Path

from tocsin_local.stack import Stack

if __name__ == "__main__":
    with Stack.servers_only(Path(sys.argv[1])) as stack:
        stack.wait_ready()
        sys.stdout.write(
            f"{stack.state.postgres_home} {sorted(one.state.value for one in stack.state.processes)}"
        )
