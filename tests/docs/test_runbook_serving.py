"""Faults of a service's start and of its champion: planted, named by their codes, gone after what a section says."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from mlflow import MlflowClient

from artifacts.champion_alias import ALIAS
from artifacts.errors import Damaged
from serving.app import create_app, find_version
from serving.settings import ServingSettings
from serving.trial import read_booster
from tests.docs import runbook
from tests.docs.serving_reader import KEY, Reader, answers, reader
from tests.serving.conftest import shared, trained, world
from tests.serving.test_load import forged
from tests.serving.test_outage import held, ledger_file, silent
from tests.serving.test_swap import answering, damaged, ready
from tests.serving.world import MODEL, served, serving, wait_for

__all__ = ["held", "reader", "shared", "silent", "trained", "world"]

pytestmark = pytest.mark.slow

SERVE = "python -m serving run --model MODEL"


@contextmanager
def foreign_ledger(reader: Reader) -> Iterator[str]:
    """It has version 2 of another MLflow run."""
    reader.world.crown_run(reader.world.runs[2], 2)
    yield SERVE
    url = f"sqlite:///{reader.folder}/right.db"
    replace(reader.world, places=reader.world.places.model_copy(update={"ledger": url})).crown(1)
    reader.environ.setenv("PIPELINE_LEDGER", url)


@contextmanager
def poor_key(reader: Reader) -> Iterator[str]:
    file = reader.folder / "key"
    file.write_text("short")
    reader.values["FILE"] = str(file)
    yield f"SERVING_API_KEY_FILE=FILE {SERVE}"
    file.write_text(KEY)


@contextmanager
def host_of_another(_: Reader) -> Iterator[str]:
    yield f"{SERVE} --host 192.0.2.1"


@contextmanager
def port_taken(_: Reader) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield f"{SERVE} --port {taken.getsockname()[1]}"


NOT_STARTED: dict[str, Callable[[Reader], AbstractContextManager[str]]] = {
    "serving.champion_differs": foreign_ledger,
    "serving.api_key": poor_key,
    "serving.host_unknown": host_of_another,
    "serving.port_taken": port_taken,
}


@pytest.mark.parametrize("code", NOT_STARTED)
def test_a_service_that_is_not_started_answers_once_it_is_started_as_the_section_says(
    code: str, reader: Reader
) -> None:
    with NOT_STARTED[code](reader) as no:
        assert f"{code}: " in reader.runs(no)[1]
    [command] = runbook.section(code).commands
    ended, said = reader.serves(command, answers)
    assert ended == 0, said


def test_a_model_without_a_champion_is_served_once_one_is_promoted_or_by_its_number(reader: Reader) -> None:
    MlflowClient(reader.world.places.mlflow).delete_registered_model_alias(MODEL, ALIAS)
    reader.environ.setenv("PIPELINE_LEDGER", f"sqlite:///{reader.folder}/new.db")
    reader.values["RUN"] = reader.world.runs[0].run_id
    assert "serving.no_champion: " in reader.runs(SERVE)[1]
    promote, serve = runbook.section("serving.no_champion").commands
    ended, said = reader.serves(serve, answers)
    assert (ended, "serving toy, version 1" in said) == (0, True)
    ended, said = reader.runs(promote)
    assert (ended, said.splitlines()[-1]) == (0, "toy/1")
    assert reader.serves(SERVE, answers)[0] == 0


def of_service(client: httpx.Client) -> str:
    return str(ready(client)["trouble"])


@contextmanager
def other_facts(reader: Reader) -> Iterator[Callable[[httpx.Client], str]]:
    """Logged by a hand that may write to MLflow, so their sha256 is right."""

    def rename(folder: Path) -> None:
        text = (folder / "training_set.json").read_text()
        (folder / "training_set.json").write_text(text.replace('"id": "toy/', '"id": "toy/x'))

    more = forged(reader.world, reader.folder, rename)
    more.crown_run(more.runs[-1])
    yield of_service


@contextmanager
def no_model(reader: Reader) -> Iterator[Callable[[httpx.Client], str]]:
    """Logged by a hand that may write to MLflow, so its sha256 is right."""
    more = forged(
        reader.world, reader.folder, lambda folder: (folder / "model" / "model.ubj").write_bytes(b"{") and None
    )
    more.crown_run(more.runs[-1])
    yield of_service


@contextmanager
def refused_when_read(reader: Reader) -> Iterator[Callable[[httpx.Client], str]]:
    """As `no_model`, seen by what reads a file that a trial let pass."""
    with no_model(reader):
        run = reader.world.registry.model_version(MODEL, newest(reader))
        file = reader.world.registry.artefact(run.run_id, "model/model.ubj")
        yield lambda _: code_of(lambda: read_booster(file, run.model_sha256))


@contextmanager
def changed_when_read(reader: Reader) -> Iterator[Callable[[httpx.Client], str]]:
    """Between its trial and its loading."""
    with damaged(reader.world.file(2), lambda whole: whole[:-1]):
        reader.world.crown(2)
        yield lambda _: code_of(lambda: read_booster(reader.world.file(2), reader.world.runs[1].model_sha256))


def newest(reader: Reader) -> int:
    return max(reader.world.registry.versions(MODEL))


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(Damaged) as no:
        act()
    return no.value.code


BROKEN = {
    "serving.run_damaged": other_facts,
    "serving.trial_failed": no_model,
    "serving.file_refused": refused_when_read,
    "serving.file_changed": changed_when_read,
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_champion_that_cannot_be_loaded_leaves_the_one_before_answering_and_is_rolled_back_from(
    code: str, reader: Reader
) -> None:
    with serving(reader.world) as client, BROKEN[code](reader) as says:
        wait_for(lambda: ready(client)["status"] == "degraded")
        assert (says(client), answering(client)) == (code, 1)
        [(ended, said)] = reader.follows(code)
        assert (ended, said.splitlines()[-1]) == (0, "toy/1")
        wait_for(lambda: ready(client)["status"] == "ready")
        assert answering(client) == 1


def test_while_mlflow_does_not_answer_a_service_the_ledger_still_tells_who_is_champion(
    reader: Reader, silent: str
) -> None:
    first = find_version(reader.world.places, MODEL, None)
    places = reader.world.places.model_copy(update={"mlflow": silent})
    reader.environ.setenv("PIPELINE_MLFLOW", silent)
    with served(create_app(ServingSettings(), places, MODEL, None, first)) as client:
        told = client.get(f"/v1/models/{MODEL}").json()["not_told"]
        assert any(one.startswith("serving.no_answer: MLflow did not") for one in told)
        [(ended, said)] = reader.follows("serving.no_answer")
        assert (ended, "1. promote version 1" in said) == (0, True)
        answers(client)


def test_a_champion_that_is_loading_once_the_ledger_answers_again_is_waited_for(reader: Reader, held: set[int]) -> None:
    with serving(reader.world) as client:
        reader.world.crown(3)
        with damaged(ledger_file(reader.world), lambda whole: b"not a database" * 100):
            wait_for(lambda: ready(client).get("trouble") == "ledger.damaged")
        wait_for(lambda: ready(client).get("trouble") == "serving.loading")
        [(ended, said)] = reader.follows("serving.loading")
        assert (ended, "2. promote version 3" in said) == (0, True)
        held.clear()
        wait_for(lambda: (answering(client), ready(client)["status"]) == (3, "ready"))
