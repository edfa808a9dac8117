"""The health check of the containers: 200 alone is not health when a part is named."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from artifacts.places import REPOSITORY
from ops import healthy
from tests.ports import free_port


class _Airflow(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"scheduler": {"status": "healthy"}, "triggerer": {"status": "unhealthy"}}')

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Airflow) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ([], ""),
        (["scheduler"], ""),
        (["triggerer"], "triggerer is unhealthy"),
        (["dag_processor"], "dag_processor is None"),
    ],
)
def test_a_part_is_healthy_only_when_it_is_called_so(url, monkeypatch, capsys, part, told):
    monkeypatch.setattr("sys.argv", ["healthy", url, *part])
    assert healthy.main() == int(bool(told))
    assert told in capsys.readouterr().err


def test_a_service_is_asked_itself_and_not_through_a_proxy(url):
    nobody = f"http://127.0.0.1:{free_port()}"
    environ = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"}
    environ |= {"http_proxy": nobody, "HTTP_PROXY": nobody}
    # In a process of its own: urllib reads these variables once.
    command = [sys.executable, "-m", "ops.healthy", url, "scheduler"]
    asked = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr) == (0, "")


def test_a_service_that_does_not_listen_is_not_healthy(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["healthy", f"http://127.0.0.1:{free_port()}/"])
    assert healthy.main() == 1
    assert "does not answer" in capsys.readouterr().err
