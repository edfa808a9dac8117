"""The prediction service of `make up`: which model it serves, and the key that its callers send."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import yaml

from artifacts import ledger
from artifacts.champion_alias import refuse_lost_ledger
from artifacts.errors import BadInput, Refusal
from artifacts.lost_home import refuse_lost_home
from artifacts.places import REPOSITORY, Places
from artifacts.registry import Registry
from artifacts.whole_file import FOR_ITS_OWNER, write_whole
from ops.services import log_of

GIVEN = ("SERVING_API_KEY", "SERVING_API_KEY_FILE")


def example_model() -> str:
    """The model that `make run` trains."""
    example = yaml.safe_load((REPOSITORY / "ops" / "example.yaml").read_text(encoding="utf-8"))
    return str(example["model"])


def settings_of(port: int, model: str | None) -> dict[str, int | str]:
    """The settings that the service is started with again, by field of `OpsSettings`."""
    return {"serving_port": port, **({} if model is None else {"serving_model": model})}


def why_not(places: Places, model: str) -> str | None:
    """Why the model cannot be served and what to run, or None when it has a champion that the registry answers for."""
    registry = Registry.at(places)
    try:
        line = ledger.champion(places.ledger, model)
        if line is not None:
            registry.model_version(model, line.version)
        else:
            refuse_lost_ledger(registry, places.ledger, model)
            refuse_lost_home(registry, places)
    except Refusal as refusal:
        return f"not started: {refusal}"
    if line is None:
        return f"not started: {model} has no champion yet. Run: make down run up"
    return None


def not_started(places: Places, why: str) -> list[str]:
    """The line about a service that does not run, said in its log too: that is what the on-call pages tell to read."""
    with log_of(places, "serving").open("a", encoding="utf-8") as log:
        log.write(f"{why}\n")
    return [f"Serving  {why}"]


def command(model: str, port: int) -> list[str]:
    """The service on loopback, which follows the champion; what else is set is `SERVING_*`."""
    options = ["--model", model, "--champion", "--host", "127.0.0.1", "--port", str(port)]
    return ["python", "-m", "serving", "run", *options]


def key_file(places: Places, environ: Mapping[str, str] = os.environ) -> str:
    """The file that holds the service's key, as soon as it is started; one given as `SERVING_API_KEY` has its own."""
    own = "serving_api_key_given" if environ.get("SERVING_API_KEY") else "serving_api_key"
    return environ.get("SERVING_API_KEY_FILE") or str(places.home / own)


def key_setting(places: Places, environ: Mapping[str, str] = os.environ) -> tuple[dict[str, str], str]:
    """The variable that gives the service its key, and where a person finds the key; one is made at first start.

    A key of the environment wins, and is kept for the on-call pages, which read it from a file. Raises `BadInput`
    (`up.key_readable`) when others may read the file of the home.
    """
    given = next((name for name in GIVEN if name in environ), None)
    if key := environ.get("SERVING_API_KEY"):
        write_whole(Path(key_file(places, environ)), f"{key}\n", FOR_ITS_OWNER)
    if given is not None:
        return {}, environ[given] if given.endswith("FILE") else "the key in SERVING_API_KEY"
    path = Path(key_file(places, environ))
    if not path.exists():
        write_whole(path, secrets.token_urlsafe(32) + "\n", FOR_ITS_OWNER)
    if path.stat().st_mode & 0o077:
        raise BadInput(
            "up.key_readable",
            f"{path} has mode {path.stat().st_mode & 0o777:o}, and others may read the key; 600 is wanted.",
            next_step=f"Remove {path}, then, for another key, run: make up",
        )
    return {"SERVING_API_KEY_FILE": str(path)}, str(path)
