"""How fast the on-call page of a model is made with a year of history, login and permissions included."""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from artifacts import cli, ledger
from artifacts.errors import Missing
from artifacts.places import Places, read_places
from artifacts.prediction_log import Prediction
from artifacts.registry import Registry
from artifacts.training_set import open_training_set, parse_id
from ops.airflow_home import enter_airflow
from ops.bench.on_call_year import write_year
from ops.dag_runs import quiet
from ops.up_serving import example_model

AIM_MS = 300.0


def bench(arguments: argparse.Namespace) -> cli.Answer:
    """Write the year beside the home's own champion, ask for its page again and again, and say how long it took."""
    places, model = read_places(), example_model()
    with tempfile.TemporaryDirectory() as folder:
        mine = {"findings": f"{folder}/findings", "alerts": f"sqlite:///{folder}/alerts.db"}
        mine |= {"prediction_parts": f"{folder}/parts"}
        year = places.model_copy(update={**mine, "predictions": Path(folder) / "log"})
        names, about = _about(places, model, arguments.features)
        cli.say(f"writing {arguments.days} days of {len(names)} features")
        write_year(year, names, about, days=arguments.days, a_day=arguments.a_day)
        with quiet(places.home / "logs" / "bench-on-call.log"):
            enter_airflow(places)
            app, token = _app(year)
        times = [_timed(app, token, f"/models/{model}") for _ in range(arguments.repeat + 2)]
    (first, *_), warm = times, [one[0] for one in times[2:]]
    cpu, size = median(one[1] for one in times[2:]), times[-1][2]
    facts = {
        "days": arguments.days, "features": len(names), "first_ms": first[0], "median_ms": median(warm),
        "greatest_ms": max(warm), "cpu_ms": cpu, "bytes": size, "load": os.getloadavg()[0],
    }  # fmt: skip
    told = ", ".join(f"{name} {value:,.0f}" for name, value in facts.items())
    return cli.Answer("on_call", [f"{told} (aim: {AIM_MS:.0f} ms once warm)"], facts)


def _about(places: Places, model: str, features: int) -> tuple[list[str], Prediction]:
    """Names of features, and a prediction by the champion to write more like it."""
    line = ledger.champion(places.ledger, model)
    if line is None:
        raise Missing("bench.no_champion", f"{model} has no champion in this home.", next_step="Run: make run")
    record = Registry.at(places).run(line.run_id)
    contract = open_training_set(places.training_sets, *parse_id(record.training_set)).contract
    names = [column.name for column in contract.features][:features]
    values = dict.fromkeys(names, 0.5)
    now = datetime.now(UTC).replace(tzinfo=None)
    ids = ("0" * 32, "bench", model, line.version, record.model_sha256, record.training_set)
    return names, Prediction(*ids, now, "http", None, values, 0.5)


def _app(places: Places) -> tuple[Any, str]:
    from airflow.api_fastapi.app import init_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    from plugins.on_call.app import create_app
    from plugins.on_call.settings import OnCallSettings

    auth = init_auth_manager()
    return create_app(OnCallSettings(), places), auth.generate_jwt(
        SimpleAuthManagerUser(username="bench", role="viewer")
    )


def _timed(app: Any, token: str, path: str) -> tuple[float, float, int]:
    """Wall and CPU milliseconds of an answer, and its bytes."""
    wall, cpu = time.perf_counter(), time.process_time()
    body = asyncio.run(_asked(app, token, path))
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu), len(body)


async def _asked(app: Any, token: str, path: str) -> bytes:
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    headers = [(b"host", b"bench"), (b"cookie", f"_token={token}".encode())]
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    await app({**scope, "headers": headers, "root_path": "", "scheme": "http", "http_version": "1.1"}, receive, send)
    if said[0]["status"] != 200:  # noqa: PLR2004
        raise RuntimeError(f"{path} answered with {said[0]['status']}")
    return b"".join(one.get("body", b"") for one in said)


def build_parser() -> argparse.ArgumentParser:
    """The options of `make bench-on-call ARGS=...`."""
    parser = argparse.ArgumentParser(prog="python -m ops.bench.on_call", description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--features", type=int, default=35)
    parser.add_argument("--a-day", type=int, default=200, help="predictions a day")
    parser.add_argument("--repeat", type=int, default=20, help="how often the page is asked for")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(verb=bench)
    return parser


if __name__ == "__main__":
    sys.exit(cli.run(build_parser()))
