"""`make up` and `make down`: Airflow, MLflow and the prediction service on loopback, and an end to exactly those."""

import argparse
import json
import os
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
from artifacts.places import REPOSITORY, Places, read_places
from artifacts.settings import Settings, read_settings
from ops import up_serving
from ops.airflow_home import airflow_environment, enter_airflow
from ops.dag_runs import quiet

HEALTHY_WITHIN_SECONDS = 180
STOPPED_WITHIN_SECONDS = 30
# Without the log servers, which listen on every address: here the API reads the logs from the disk.
AIRFLOW_PARTS = {
    "scheduler": ["airflow", "scheduler", "--skip-serve-logs"],
    "dag-processor": ["airflow", "dag-processor"],
    "triggerer": ["airflow", "triggerer", "--skip-serve-logs"],
}
PARTS = {"metadatabase", "scheduler", "dag_processor", "triggerer"}


class OpsSettings(Settings):
    """`OPS_AIRFLOW_PORT`, `OPS_MLFLOW_PORT` and `OPS_SERVING_PORT`: loopback ports.

    `OPS_SERVING_MODEL` is the model that is served, without it the example's.
    """

    airflow_port: int = 8080
    mlflow_port: int = 5000
    serving_port: int = 8000
    serving_model: str | None = None


def up(_: argparse.Namespace) -> cli.Answer:
    """Start Airflow, MLflow and the service, wait until they are healthy, and say where they are and how to log in."""
    places, settings = read_places(), read_settings(OpsSettings, "OPS_")
    if alive(places):
        raise BadInput("up.running", "The services of this home are already up.", next_step="Run: make down")
    for name in ("airflow_port", "mlflow_port", "serving_port"):
        refuse_taken_port(getattr(settings, name), f"OPS_{name.upper()}")
    airflow = f"http://127.0.0.1:{settings.airflow_port}"
    mlflow = f"http://127.0.0.1:{settings.mlflow_port}"
    pages = pages_at(places, mlflow, f"http://127.0.0.1:{settings.serving_port}")
    environment = {**os.environ, **airflow_environment(places), **api_at(airflow), **pages}
    cli.say("bringing Airflow's database up to date")
    with quiet(places.home / "logs" / "migrate.log"):
        enter_airflow(places)
    try:
        mlflow_environment = {**environment, "MLFLOW_BACKEND_STORE_URI": places.mlflow}
        start(places, mlflow_environment, {"mlflow": mlflow_command(places, settings.mlflow_port)})
        # Tasks that wait in the database start with the scheduler, and fail when there is no API to report to.
        start(places, environment, {"api-server": ["airflow", "api-server"]})
        wait_until_healthy(places, "api-server", f"{airflow}/api/v2/monitor/health", {"metadatabase"})
        start(places, environment, AIRFLOW_PARTS)
        wait_until_healthy(places, "scheduler", f"{airflow}/api/v2/monitor/health", PARTS)
        wait_until_healthy(places, "mlflow", f"{mlflow}/health", set())
        serving, served_at = serve(places, settings, environment)
    except (Unavailable, BadInput):
        stop_all(places)
        raise
    passwords = Path(environment["AIRFLOW_HOME"]) / "simple_auth_manager_passwords.json.generated"
    password = json.loads(passwords.read_text())["admin"]
    return cli.Answer(
        id="up",
        lines=[
            f"Airflow  {airflow}   user admin, password {password}",
            f"         (kept in {passwords})",
            f"MLflow   {mlflow}   no login; loopback only",
            *serving,
            f"Logs     {places.home / 'logs'}",
            "Stop     make down",
        ],
        facts={"airflow": airflow, "mlflow": mlflow, "serving": served_at, "password_file": str(passwords)},
    )


def serve(places: Places, settings: OpsSettings, environment: dict[str, str]) -> tuple[list[str], str | None]:
    """Start the service if its model has a champion; the lines about it, and where it is, None when it is not.

    Raises `BadInput` (`up.key_readable`). A champion that cannot be loaded keeps nobody from the other services.
    """
    model, url = settings.serving_model or up_serving.example_model(), f"http://127.0.0.1:{settings.serving_port}"
    reason = up_serving.why_not(places, model)
    if reason is not None:
        return [f"Serving  {reason}"], None
    key, place = up_serving.key_setting(places)
    start(places, environment | key, {"serving": up_serving.command(model, settings.serving_port)})
    try:
        wait_until_healthy(places, "serving", f"{url}/health/ready", set())
    except Unavailable as refusal:
        stop_all(places, {"serving"})
        return [f"Serving  not started: {refusal}"], None
    return [f"Serving  {url}   {model}; send Authorization: Bearer KEY", f"         (kept in {place})"], url


def down(_: argparse.Namespace) -> cli.Answer:
    """Stop the processes that `up` started, known by id and start time, and nothing else."""
    stopped = stop_all(read_places())
    return cli.Answer(id="down", lines=[f"stopped {name}" for name in stopped] or ["nothing of this home was up"])


def api_at(url: str) -> dict[str, str]:
    """The variables that put Airflow's API at `url`, for itself and for the tasks that report to it."""
    return {
        "AIRFLOW__API__PORT": url.rpartition(":")[2],
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
    }


def pages_at(places: Places, mlflow: str, serving: str) -> dict[str, str]:
    """The variables that tell the on-call pages of the services beside Airflow; what is set already wins."""
    wanted = {"ON_CALL_MLFLOW_URL": mlflow, "ON_CALL_SERVING_URL": serving}
    wanted |= {"ON_CALL_SERVING_KEY_FILE": up_serving.key_file(places)}
    return {name: os.environ.get(name, value) for name, value in wanted.items()}


def mlflow_command(places: Places, port: int) -> list[str]:
    """The MLflow server: one worker, loopback, its own host names only.

    MLFLOW_BACKEND_STORE_URI names its database: the URL can hold a password, and everybody can read a command line.
    """
    hosts = f"127.0.0.1:{port},localhost:{port}"
    store = ["--default-artifact-root", places.mlflow_artifacts]
    bind = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--allowed-hosts", hosts]
    return ["mlflow", "server", *store, *bind]


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
        record(places).write_text(json.dumps(known))
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


def main() -> int:
    """Parse `up` or `down`."""
    parser = argparse.ArgumentParser(prog="python -m ops.up", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    for name, verb in (("up", up), ("down", down)):
        sub = verbs.add_parser(name, help=verb.__doc__)
        sub.add_argument("--json", action="store_true")
        sub.set_defaults(verb=verb)
    return cli.run(parser)


if __name__ == "__main__":
    sys.exit(main())
