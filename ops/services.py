"""Programs that outlive the one that started them: known by id and start time, and ended with all their children."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from artifacts import cli
from artifacts.errors import BadInput, Unavailable
from artifacts.places import REPOSITORY, Places
from artifacts.whole_file import write_whole

HEALTHY_WITHIN_SECONDS = 180
STOPPED_WITHIN_SECONDS = 30


def start(places: Places, environment: dict[str, str], commands: dict[str, list[str]]) -> None:
    """Start each command in a session of its own, and record its process id and start time."""
    known = json.loads(record(places).read_text()) if record(places).exists() else {}
    for name, command in commands.items():
        with log_of(places, name).open("wb") as out:
            process = subprocess.Popen(
                [str(Path(sys.executable).parent / command[0]), *command[1:]],
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        known[name] = {"pid": process.pid, "created": psutil.Process(process.pid).create_time()}
        write_whole(record(places), json.dumps(known))
        # It is known by its id from here on, and outlives this process: Popen is not to wait for it.
        process.returncode = 0


def log_of(places: Places, name: str) -> Path:
    """Where a service writes what it says."""
    folder = places.home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def record(places: Places) -> Path:
    """The file that remembers what `up` started."""
    return places.home / "services.json"


def alive(places: Places) -> dict[str, psutil.Process]:
    """The recorded services that still run; a process id that was given to another program does not count."""
    if not record(places).exists():
        return {}
    found = {}
    for name, known in json.loads(record(places).read_text()).items():
        try:
            process = psutil.Process(int(known["pid"]))
            if process.create_time() == known["created"] and process.status() != psutil.STATUS_ZOMBIE:
                found[name] = process
        except psutil.NoSuchProcess:
            continue
    return found


def stop_all(places: Places, only: set[str] | None = None) -> list[str]:
    """End every recorded service, or those in `only`, with all its children: SIGTERM first, SIGKILL 30 s later."""
    services = {name: process for name, process in alive(places).items() if only is None or name in only}
    family = {name: [process, *process.children(recursive=True)] for name, process in services.items()}
    everyone = [process for members in family.values() for process in members]
    for how in (signal.SIGTERM, signal.SIGKILL):
        for process in everyone:
            if process.is_running():
                process.send_signal(how)
        _, everyone = psutil.wait_procs(everyone, timeout=STOPPED_WITHIN_SECONDS)
    if only is None:
        record(places).unlink(missing_ok=True)
    return sorted(services)


def refuse_taken_port(port: int, variable: str) -> None:
    """Raise `BadInput` (`up.port_taken`) when something listens on the loopback port already."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise BadInput(
                "up.port_taken",
                f"Port {port} of 127.0.0.1 is taken by another program; a free port is wanted.",
                next_step=f"Stop it, or choose another: {variable}=8090 make up",
            )


def wait_until_healthy(places: Places, name: str, url: str, parts: set[str]) -> None:
    """Return once `url` answers 200 and calls each of `parts` healthy.

    Raises `Unavailable` (`up.unhealthy`) when the service `name` ends, or takes too long.
    """
    cli.say(f"waiting for {name}")
    deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
    while time.monotonic() < deadline and name in alive(places):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  a loopback address made above
                said = json.load(answer) if parts else {}
            if all(said[part]["status"] == "healthy" for part in parts):
                return
        except (urllib.error.URLError, OSError):
            cli.PROGRESS.debug("%s does not listen yet", name)
        time.sleep(0.5)
    raise Unavailable(
        "up.unhealthy",
        f"{name} did not become healthy at {url} within {HEALTHY_WITHIN_SECONDS} s.",
        next_step=f"Read {log_of(places, name)}, then try: make up",
    )
