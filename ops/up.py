"""`make up` and `make down`: Airflow, MLflow and the service on loopback, and their end; `serving` for that alone."""

import argparse
import json
import os
from pathlib import Path

from pydantic import Field

from artifacts import cli
from artifacts.errors import BadInput, Unavailable
from artifacts.places import Places, read_places
from artifacts.settings import Settings, read_settings
from monitoring.settings import read_monitoring_settings
from ops import up_serving
from ops.airflow_home import airflow_environment, enter_airflow
from ops.at_work import at_work
from ops.dag_runs import quiet
from ops.healthy import why_unhealthy
from ops.services import (
    listens,
    log_of,
    refuse_taken_port,
    remember,
    remembered,
    running,
    start,
    stop_all,
    wait_until_healthy,
)
from ops.up_commands import AIRFLOW_PARTS, PARTS, api_at, mlflow_command, pages_at
from plugins.on_call.settings import read_on_call_settings

SERVING = "python -m ops.up serving"


class OpsSettings(Settings):
    """`OPS_AIRFLOW_PORT`, `OPS_MLFLOW_PORT` and `OPS_SERVING_PORT`: loopback ports.

    `OPS_SERVING_MODEL` is the model that is served, without it the example's.
    """

    airflow_port: int = Field(default=8080, ge=1, le=65535)
    mlflow_port: int = Field(default=5000, ge=1, le=65535)
    serving_port: int = Field(default=8000, ge=1, le=65535)
    serving_model: str | None = None


def up(_: argparse.Namespace) -> cli.Answer:
    """Start Airflow, MLflow and the service, wait until they are healthy, and say where they are and how to log in."""
    places, settings = read_places(), read_settings(OpsSettings, "OPS_")
    # What is wrong with them would else be found in the log of a service, and by whoever opens a page.
    read_on_call_settings()
    read_monitoring_settings()
    with at_work(places, "make up"):
        return start_all(places, settings)


def start_all(places: Places, settings: OpsSettings) -> cli.Answer:
    """As `up` says, in a home in which nobody else is at work: all of it, or nothing stays up.

    Raises `BadInput` (`up.running`, `up.port_taken`) and `Unavailable` (`up.unhealthy`).
    """
    if there := running(places):
        told = f"Services of this home are up already: {', '.join(there)}."
        raise BadInput("up.running", told, next_step="Run: make down")
    for name in ("airflow_port", "mlflow_port", "serving_port"):
        refuse_taken_port(getattr(settings, name), f"OPS_{name.upper()}")
    airflow = f"http://127.0.0.1:{settings.airflow_port}"
    mlflow = f"http://127.0.0.1:{settings.mlflow_port}"
    pages = pages_at(places, mlflow, f"http://127.0.0.1:{settings.serving_port}")
    environment = {**os.environ, **airflow_environment(places), **api_at(airflow), **pages}
    cli.say("bringing Airflow's database up to date")
    with quiet(places.home / "logs" / "migrate.log"):
        enter_airflow(places)
    # Airflow writes the password that it made into its log and a file, both for everybody to read.
    for folder in ("airflow", "logs"):
        (places.home / folder).chmod(0o700)
    # Now: also where there is no champion to serve yet, the service is to be started later as `up` was told.
    remember(places, "serving", up_serving.settings_of(settings.serving_port, settings.serving_model))
    try:
        mlflow_environment = {**environment, "MLFLOW_BACKEND_STORE_URI": places.mlflow}
        start(places, mlflow_environment, {"mlflow": mlflow_command(places, settings.mlflow_port)})
        # Tasks that wait in the database start with the scheduler, and fail when there is no API to report to.
        start(places, environment, {"api-server": ["airflow", "api-server"]})
        wait_until_healthy(places, "api-server", f"{airflow}/api/v2/monitor/health", {"metadatabase"})
        start(places, environment, AIRFLOW_PARTS)
        wait_until_healthy(places, "scheduler", f"{airflow}/api/v2/monitor/health", PARTS)
        wait_until_healthy(places, "mlflow", f"{mlflow}/health", set())
        # Whatever it answers to nobody: it loads what its pages ask, so that the first one need not wait for that.
        why_unhealthy(f"{airflow}/on-call/models")
        serving, served_at = serve(places, settings, environment)
        passwords = Path(environment["AIRFLOW_HOME"]) / "simple_auth_manager_passwords.json.generated"
        password = json.loads(passwords.read_text())["admin"]
    except BaseException:
        # Whatever it is, an interrupt too: what is half up helps nobody.
        stop_all(places)
        raise
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
        return up_serving.not_started(places, reason), None
    key, place = up_serving.key_setting(places)
    start(places, environment | key, {"serving": up_serving.command(model, settings.serving_port)})
    try:
        wait_until_healthy(places, "serving", f"{url}/health/ready", set(), SERVING)
    except Unavailable as refusal:
        stop_all(places, {"serving"})
        return up_serving.not_started(places, f"not started: {refusal}"), None
    return [f"Serving  {url}   {model}; send Authorization: Bearer KEY", f"         (kept in {place})"], url


def serving(_: argparse.Namespace) -> cli.Answer:
    """Start the prediction service again as `up` did, and nothing else; its log until now is kept beside the new one.

    What would keep it from starting is seen before the one that runs is stopped. Raises `BadInput` as `serve` does.
    """
    places, given = read_places(), read_settings(OpsSettings, "OPS_")
    with at_work(places, SERVING):
        before = remembered(places, "serving")
        settings = OpsSettings.model_validate(before | given.model_dump(include=given.model_fields_set))
        if not listens(places, "serving", settings.serving_port):
            refuse_taken_port(settings.serving_port, "OPS_SERVING_PORT", SERVING)
        model, log = settings.serving_model or up_serving.example_model(), log_of(places, "serving")
        reason = up_serving.why_not(places, model)
        if reason is not None:
            if "serving" in running(places):
                lines = [f"Serving  {reason}", "The one that runs goes on."]
            else:
                lines = up_serving.not_started(places, reason)
            return cli.Answer(id="serving", lines=lines, facts={"serving": None}, exit_code=Unavailable.exit_code)
        up_serving.key_setting(places)
        stop_all(places, {"serving"})
        if log.exists():
            log.replace(log.with_suffix(".before.log"))
        remember(places, "serving", up_serving.settings_of(settings.serving_port, settings.serving_model))
        told, url = serve(places, settings, {**os.environ, **airflow_environment(places)})
    code = Unavailable.exit_code if url is None else 0
    return cli.Answer(id="serving", lines=told, facts={"serving": url}, exit_code=code)


def down(_: argparse.Namespace) -> cli.Answer:
    """Stop the processes that `up` started, known by id and start time, and nothing else."""
    stopped = stop_all(read_places())
    return cli.Answer(id="down", lines=[f"stopped {name}" for name in stopped] or ["nothing of this home was up"])


def build_parser() -> argparse.ArgumentParser:
    """`up`, `down` and `serving`."""
    parser = argparse.ArgumentParser(prog="python -m ops.up", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    for name, verb in (("up", up), ("down", down), ("serving", serving)):
        sub = verbs.add_parser(name, help=verb.__doc__)
        sub.add_argument("--json", action="store_true")
        sub.set_defaults(verb=verb)
    return parser


if __name__ == "__main__":
    cli.main(build_parser())
