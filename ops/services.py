"""Programs that outlive the one that started them: known by id and start time, and ended with all their children."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from artifacts import cli
from artifacts.errors import BadInput, Unavailable
from artifacts.places import REPOSITORY, Places
from artifacts.whole_file import write_whole
from ops.healthy import why_unhealthy
from ops.sessions import Started, began, end, lives, living

HEALTHY_WITHIN_SECONDS = 180


def start(places: Places, environment: dict[str, str], commands: dict[str, list[str]]) -> None:
    """Start each command in a session of its own, and record its process id, start time and log."""
    known = _known(places)
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
            log = os.fstat(out.fileno())
        try:
            told = {"pid": process.pid, "began": began(process.pid), "log": [log.st_dev, log.st_ino]}
            known[name] = known.get(name, {}) | told
            write_whole(record(places), json.dumps(known))
        except BaseException:
            # Nobody would know of it.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
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


def remember(places: Places, name: str, settings: Mapping[str, int | str]) -> None:
    """Record what the service `name` is started with, also while it is not, so that it is started with it again."""
    known = _known(places)
    known[name] = known.get(name, {}) | {"settings": dict(settings)}
    write_whole(record(places), json.dumps(known))


def remembered(places: Places, name: str) -> dict[str, int | str]:
    """What `remember` recorded; empty when it did not."""
    return dict(_known(places).get(name, {}).get("settings", {}))


def listens(places: Places, name: str, port: int) -> bool:
    """Whether a process of the recorded service listens on the port."""
    one = _recorded(places).get(name)
    for process in living(one) if one else ():
        with suppress(psutil.Error):
            if any(
                there.status == psutil.CONN_LISTEN and there.laddr.port == port
                for there in process.net_connections("tcp")
            ):
                return True
    return False


def alive(places: Places) -> dict[str, psutil.Process]:
    """The recorded services that still run; a process id that was given to another program does not count."""
    found = {name: one.first for name, one in _recorded(places).items()}
    return {name: process for name, process in found.items() if process is not None and lives(process)}


def running(places: Places) -> list[str]:
    """The sorted names of the recorded services of which any process runs, be it a child of one that ended."""
    return sorted(name for name, one in _recorded(places).items() if living(one))


def stop_all(places: Places, only: set[str] | None = None) -> list[str]:
    """End every recorded service, or those in `only`, with all its children; the names of those of which any ran.

    Raises `Unavailable` (`up.not_ended`) when a process outlives SIGKILL; it is not forgotten then.
    """
    services = {name: one for name, one in _recorded(places).items() if only is None or name in only}
    ran = sorted(name for name, one in services.items() if living(one))
    left = end(services.values())
    if left:
        raise Unavailable(
            "up.not_ended",
            f"Processes of {', '.join(ran)} do not end: {', '.join(str(one.pid) for one in left)}.",
            next_step="See what they wait for (a disk or a network file system, mostly), then try: make down",
        )
    if only is None:
        record(places).unlink(missing_ok=True)
    return ran


def _recorded(places: Places) -> dict[str, Started]:
    known = {name: one for name, one in _known(places).items() if "began" in one}
    logs = {name: one.get("log") for name, one in known.items()}
    return {
        name: Started(int(one["pid"]), one["began"], (log[0], log[1]) if (log := logs[name]) else None)
        for name, one in known.items()
    }


def _known(places: Places) -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = json.loads(record(places).read_text()) if record(places).exists() else {}
    return known


def refuse_taken_port(port: int, variable: str, verb: str = "make up") -> None:
    """Raise `BadInput` (`up.port_taken`) when something listens on the loopback port already."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise BadInput(
                "up.port_taken",
                f"Port {port} of 127.0.0.1 is taken by another program; a free port is wanted.",
                next_step=f"Stop it, or choose another: {variable}=8090 {verb}",
            )


def wait_until_healthy(places: Places, name: str, url: str, parts: set[str], verb: str = "make up") -> None:
    """Return once `url` answers 200 and calls each of `parts` healthy.

    Raises `Unavailable` (`up.unhealthy`) when the service `name` ends, or takes too long.
    """
    cli.say(f"waiting for {name}")
    deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
    while time.monotonic() < deadline and name in alive(places):
        wrong = why_unhealthy(url, *sorted(parts))
        if wrong is None:
            return
        cli.PROGRESS.debug(wrong)
        time.sleep(0.5)
    raise Unavailable(
        "up.unhealthy",
        f"{name} did not become healthy at {url} within {HEALTHY_WITHIN_SECONDS} s.",
        next_step=f"Read {log_of(places, name)}, then try: {verb}",
    )
