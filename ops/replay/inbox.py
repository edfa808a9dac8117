"""Whom the replay tells: a receiver of its own on loopback, so that nobody is mailed about alerts of 2013."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from artifacts.publish import check_name
from artifacts.whole_file import write_whole

WEBHOOK = "MONITORING_WEBHOOK_URL"
OTHERS = tuple(
    f"MONITORING_{name}" for name in ("SMTP_CONNECTION", "SMTP_FROM", "SMTP_TO", "SMTP_ESCALATE_TO", "SLACK_CONNECTION")
)


class Inbox(ThreadingHTTPServer):
    """Keeps each message as a file named by its key: one that comes twice is there once."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)


class _Take(BaseHTTPRequestHandler):
    server: Inbox

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.server.folder / f"{check_name(self.headers['Idempotency-Key'], 'key')}.json"
        write_whole(path, json.dumps(body, indent=1))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Airflow's log has what was sent."""


@contextmanager
def receiving(folder: Path) -> Iterator[None]:
    """Be the one receiver that monitoring has in this process, for as long as the body runs."""
    before = {name: os.environ.pop(name, None) for name in (WEBHOOK, *OTHERS)}
    with Inbox(folder) as inbox:
        thread = threading.Thread(target=inbox.serve_forever, args=(0.05,))
        thread.start()
        os.environ[WEBHOOK] = f"http://127.0.0.1:{inbox.server_address[1]}"
        try:
            yield
        finally:
            del os.environ[WEBHOOK]
            os.environ.update({name: value for name, value in before.items() if value is not None})
            inbox.shutdown()
            thread.join()


def read_messages(folder: Path) -> list[dict[str, Any]]:
    """The messages that came, each once."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
