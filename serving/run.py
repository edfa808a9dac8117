"""Runs the service on a port: one process, or several behind it."""

import errno
import functools
import multiprocessing
import os
import shlex
import signal
import socket
import stat
import sys
import threading
import time
from multiprocessing.process import BaseProcess

import uvicorn
from fastapi import FastAPI

from artifacts import cli
from artifacts.errors import BadInput, Refusal
from artifacts.places import Places
from artifacts.prediction_log.refusals import ended
from serving.app import create_app, find_version
from serving.loaded import LoadedVersion
from serving.protocol import BoundedHeads
from serving.settings import ServingSettings, read_key
from serving.workers import Workers

BACKLOG = 2048
# uvicorn takes a worker that does not answer its parent for hung; on a busy machine it may only be starting. It may
# also take so long to see that one died while it was asked.
HUNG_SECONDS = 20
# How long a new worker waits that cannot load its version, before it makes room for the next.
TRY_AGAIN_SECONDS = 5.0
# For so long a thread may keep Python's lock from the others: the log's, which tells those who wait, needs it briefly.
SWITCH_SECONDS = 0.001
# The client's own patience is minutes; a champion that could not be loaded is tried again anyway.
IMPATIENT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}


def run(settings: ServingSettings, places: Places, model: str, version: int | None) -> str:
    """Serve until SIGTERM or SIGINT; returns `MODEL/VERSION`, of the version that was served first.

    Raises as `find_version` and `read_key` do, and `BadInput` (`serving.host_unknown`, `serving.port_taken`), before it
    listens; `Unavailable` (`log.ended`) when it has ended because nothing could be logged any more.
    """
    key = read_key(settings)
    for name, value in IMPATIENT.items():
        os.environ.setdefault(name, value)
    first = find_version(places, model, version)
    with listen(settings.host, settings.port) as listening:
        host, port = listening.getsockname()[:2]
        who = "version" if version is not None else "champion, version"
        loading = "" if settings.workers == 1 else "; they load it now, and answer when /health/ready does"
        at = f"on http://{host}:{port} with {settings.workers} worker(s)"
        cli.say(f"serving {model}, {who} {first.version}, {at}{loading}")
        for warning in warnings(settings, key):
            cli.say(f"WARNING: {warning}")
        # Other workers load for themselves, and again when one of them is replaced.
        loaded = first if settings.workers == 1 else None
        config = uvicorn.Config(
            functools.partial(_worker, settings, places, model, version, loaded),
            factory=True,
            workers=settings.workers,
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            lifespan="on",
            ws="none",
            http=BoundedHeads,
            backlog=BACKLOG,
            timeout_graceful_shutdown=max(1, int(settings.timeout_seconds)),
            timeout_worker_healthcheck=HUNG_SECONDS,
        )
        if settings.workers == 1:
            server = uvicorn.Server(config)
            # Once it has ended well, uvicorn raises again the signal that asked it to.
            signal.signal(signal.SIGTERM, server.handle_exit)
            server.run(sockets=[listening])
            _refuse_if_log_failed(config.loaded_app, places)
        else:
            Workers(config, sockets=[listening]).run()
    return first.id


def warnings(settings: ServingSettings, key: bytes | None) -> list[str]:
    """What whoever starts the service is to know: who else can read its key, and who can reach it without one."""
    found, file = [], settings.api_key_file
    if file is not None and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        found.append(
            f"SERVING_API_KEY_FILE={file} can be read or changed by others than its user: "
            f"chmod 600 {shlex.quote(str(file))}"
        )
    if not settings.loopback and key is None:
        found.append(
            f"{settings.host} can be reached from other machines, and no API key is wanted: whoever reaches the port "
            "can ask, and fill the prediction log. Set SERVING_API_KEY_FILE, or SERVING_HOST=127.0.0.1."
        )
    return found


def _refuse_if_log_failed(app: FastAPI, places: Places) -> None:
    """Raise `Unavailable` (`log.ended`) when that is why the service has ended: an exit code 0 is not started again."""
    service = getattr(app.state, "service", None)
    if service is not None and service.log.has_failed:
        raise ended(places.predictions)


def _worker(
    settings: ServingSettings, places: Places, model: str, version: int | None, first: LoadedVersion | None
) -> FastAPI:
    cli.show_progress(sys.stderr)
    sys.setswitchinterval(SWITCH_SECONDS)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=[parent], name="parent", daemon=True).start()
        try:
            first = find_version(places, model, version)
        except Refusal as refusal:
            # Ended by uvicorn, it would end the workers that answer too.
            cli.say(f"a new worker cannot start: {refusal.code}: {refusal}")
            time.sleep(TRY_AGAIN_SECONDS)
            raise SystemExit(1) from refusal
    return create_app(settings, places, model, version, first)


def _end_with(parent: BaseProcess) -> None:
    """End this worker once its parent is gone, which nobody could stop any more."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def listen(host: str, port: int) -> socket.socket:
    """A socket on which callers wait; raises `BadInput` (`serving.host_unknown`, `serving.port_taken`)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # From here on callers wait for the first worker instead of being turned away.
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise BadInput(
                "serving.host_unknown",
                f"{host} is no address or name of this machine: {error.strerror}.",
                next_step="Correct the host: SERVING_HOST=127.0.0.1, or 0.0.0.0 for every address of this machine.",
            ) from error
        raise BadInput(
            "serving.port_taken",
            f"{host}:{port} cannot be listened on: {error.strerror}.",
            next_step="Stop what listens there, or choose another port: SERVING_PORT=8001",
        ) from error
    listening.set_inheritable(True)
    return listening
