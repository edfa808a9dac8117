"""What the on-call pages cannot tell: planted, named by its code, and gone after what its section says."""

from dataclasses import replace
from pathlib import Path

import pytest

from artifacts.errors import Refusal
from artifacts.places import read_places
from ops.services import log_of, remember, stop_all
from ops.up_commands import pages_at
from plugins.on_call.contributions import contributions
from plugins.on_call.home import Home
from plugins.on_call.patience import Patience
from plugins.on_call.section import within
from plugins.on_call.service import asked
from plugins.on_call.settings import OnCallSettings, read_on_call_settings
from serving.app import create_app, find_version
from serving.settings import ServingSettings
from tests.docs.serving_reader import KEY, Reader, answers, reader
from tests.ports import free_port
from tests.serving.conftest import shared, trained, world
from tests.serving.test_outage import silent
from tests.serving.world import MODEL, served, serving, wait_for

__all__ = ["reader", "shared", "silent", "trained", "world"]

pytestmark = pytest.mark.slow


def asks(url: object, **more: object) -> OnCallSettings:
    return OnCallSettings.model_validate({"serving_url": str(url), "timeout_seconds": 10, **more})


def code(settings: OnCallSettings) -> str | None:
    """By which the pages say no; None when they tell what is served."""
    try:
        asked(settings, MODEL)
    except Refusal as refusal:
        return refusal.code
    return None


def knows_the_champion(reader: Reader, section: str) -> bool:
    [(ended, said)] = reader.follows(section)
    return ended == 0 and "1. promote version 1" in said


def test_pages_that_nobody_told_where_the_service_is_are_told_by_up_and_what_is_down_is_started_alone(
    reader: Reader,
) -> None:
    assert code(OnCallSettings()) == "on_call.service_unset"
    places, port = read_places(), free_port()
    for name, value in pages_at(places, "http://127.0.0.1:9", f"http://127.0.0.1:{port}").items():
        reader.environ.setenv(name, value)
    remember(places, "serving", {"serving_port": port, "serving_model": MODEL})
    log_of(places, "serving").write_text("Killed.")
    assert code(read_on_call_settings()) == "on_call.service_down"
    try:
        [(ended, said)] = reader.follows("on_call.service_down")
        assert ended == 0, said
        assert log_of(places, "serving").with_suffix(".before.log").read_text() == "Killed."
        wait_for(lambda: code(read_on_call_settings()) is None)
        # What `make down` runs.
        assert "stopped serving" in reader.runs("python -m ops.up down")[1]
    finally:
        stop_all(places)


def test_of_a_service_that_cannot_tell_of_itself_whether_it_answers_decides_what_is_said(
    reader: Reader, silent: str
) -> None:
    first, log = find_version(reader.world.places, MODEL, None), reader.world.places.predictions
    places = reader.world.places.model_copy(update={"mlflow": silent})
    # Only so many of its questions wait for MLflow; it says at once of a further one that nobody answers.
    reader.environ.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    with served(create_app(ServingSettings(poll_seconds=0.05), places, MODEL, None, first)) as client:
        # It gives MLflow a moment more than these pages wait; a busy machine may take that for its health too.
        impatient = asks(client.base_url, timeout_seconds=0.2)
        wait_for(lambda: code(impatient) == "on_call.service_cannot_tell")
        assert knows_the_champion(reader, "on_call.service_cannot_tell")
        answers(client)
        log.rename(log.with_suffix(".away"))
        log.write_text("a file where the log's folder should be")
    with served(create_app(ServingSettings(poll_seconds=0.05), places, MODEL, None, first)) as client:
        impatient = asks(client.base_url, timeout_seconds=0.2)
        wait_for(lambda: code(impatient) == "on_call.service_refusing")
        reader.mends_the_log("on_call.service_refusing", log, client)


def test_pages_without_the_services_key_or_at_another_program_are_refused_until_they_are_set_right(
    reader: Reader, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text(KEY)
    with serving(reader.world, api_key_file=file) as client:
        assert code(asks(client.base_url)) == "on_call.service_refuses"
        assert code(asks(f"{client.base_url}/mlflow", serving_key_file=file)) == "on_call.service_refuses"
        assert knows_the_champion(reader, "on_call.service_refuses")
        assert code(asks(client.base_url, serving_key_file=file)) is None


def test_a_part_whose_source_is_slow_is_told_when_the_page_is_loaded_again(reader: Reader, silent: str) -> None:
    slow = Home(reader.world.places.model_copy(update={"mlflow": silent}), OnCallSettings())
    with pytest.raises(Refusal) as refusal:
        within("record", lambda: slow.record(MODEL, 1), Patience(0.3, "slow"))
    assert refusal.value.code == "on_call.slow"
    assert knows_the_champion(reader, "on_call.slow")
    again = Home(reader.world.places, OnCallSettings())
    assert within("record", lambda: again.record(MODEL, 1), Patience(60, "again")).version == 1


def test_a_score_that_is_not_the_models_has_no_contributions_and_the_command_says_whether_the_model_can_be_made(
    reader: Reader,
) -> None:
    with serving(reader.world) as client:
        answers(client)
    [one], home = reader.world.logged(), Home(reader.world.places, OnCallSettings())
    with pytest.raises(Refusal) as refusal:
        contributions(home, replace(one, score=one.score / 2))
    assert refusal.value.code == "on_call.contributions"
    reader.values["RUN"] = reader.world.runs[0].run_id
    [(ended, said)] = reader.follows("on_call.contributions")
    assert (ended, "identical" in said) == (0, True), said
    assert contributions(home, one).score == pytest.approx(one.score)
