"""A program for the supervisor to run: it answers GET /ready, and GET /environment with what it was told."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        told = {name: value for name, value in os.environ.items() if name.startswith("TOCSIN_")}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode() if self.path == "/environment" else b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    if "--deaf" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    port = int(os.environ.get("TOCSIN_HTTP_PORT") or os.environ["TOCSIN_HEALTH_PORT"])
    ThreadingHTTPServer(("127.0.0.1", port), _Handler).serve_forever()
