"""A worker that still loads is not ended as one that hangs."""

import subprocess
import sys
from pathlib import Path

from artifacts.places import REPOSITORY
from tests.ports import free_port
from tests.serving.world import wait_for

# Both as what loads does: by itself, and in code that lets no other thread of its process go on.
SLOW = """
import ctypes, sys, time
import uvicorn
from artifacts import cli
from serving.workers import Workers

async def app(scope, receive, send):
    pass

def make_app():
    time.sleep(1)
    ctypes.PyDLL(None).sleep(3)
    return app

if __name__ == "__main__":
    cli.show_progress(sys.stderr)
    at = {"port": int(sys.argv[1]), "workers": 1, "lifespan": "off", "factory": True}
    config = uvicorn.Config(f"{sys.argv[2]}:make_app", timeout_worker_healthcheck=1, **at)
    Workers(config, sockets=[config.bind_socket()]).run()
else:
    time.sleep(2)
"""


def test_a_worker_that_loads_for_longer_than_one_may_hang_is_waited_for(tmp_path: Path) -> None:
    script, said = tmp_path / "slow_to_load.py", tmp_path / "said"
    script.write_text(SLOW)
    with said.open("wb") as out:
        service = subprocess.Popen(
            [sys.executable, str(script), str(free_port()), script.stem],
            cwd=tmp_path,
            env={"PYTHONPATH": f"{REPOSITORY}:{tmp_path}"},
            stdout=out,
            stderr=out,
        )
    try:
        wait_for(lambda: "Started server process" in said.read_text())
    finally:
        service.terminate()
        service.wait()
    assert "in its place" not in said.read_text()
