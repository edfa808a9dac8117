"""Places that are lost are told as that on a model's page: what else is there knows that they held something."""

from dataclasses import replace

import pytest

from artifacts.errors import Damaged, Missing
from artifacts.lost_log import refuse_lost_log
from artifacts.lost_sets import refuse_lost_raw
from artifacts.prediction_log import LogWriter
from artifacts.registry import Registry
from artifacts.training_set import publish_training_set, write_sorted
from plugins.on_call.settings import OnCallSettings
from tests.fixtures_training_set import AS_OF, make_contract, make_rows
from tests.plugins.test_model_page import NOBODY, part

QUIET = OnCallSettings(patience_seconds=60)
LOST = "predictions may be lost. Restore both folders from a backup"


@pytest.fixture
def lost(home, tmp_path):
    """The places of the small home, the log and its parts being gone."""
    return home[0].model_copy(update=gone(tmp_path, "predictions", "prediction_parts"))


def gone(folder, *names):
    return {name: folder / name if name == "predictions" else str(folder / name) for name in names}


@pytest.mark.parametrize("alone", [{}, {"findings"}, {"alerts"}], ids=["both tell", "alerts tell", "findings tell"])
def test_a_log_that_is_gone_with_its_parts_is_not_told_as_one_of_which_nobody_ever_asked(opened, lost, tmp_path, alone):
    away = {"findings": str(tmp_path / "findings"), "alerts": f"sqlite:///{tmp_path}/alerts.db"}
    client = opened(lost.model_copy(update={name: away[name] for name in alone}), QUIET)
    page = client.get("/on-call/models/toy").text
    assert LOST in part(page, "predictions") and LOST in part(page, "fresh")
    assert "log.list_gone" in part(page, "predictions")
    assert LOST in part(page, "glance").partition("Next.")[2]
    assert "compacted yet" not in page and "none are compacted" not in page
    looked_up = client.get(f"/on-call/models/toy/predictions?id={'0' * 32}")
    assert (looked_up.status_code, LOST in looked_up.text) == (503, True)


@pytest.mark.parametrize("left", ["log", "parts"])
def test_where_a_part_of_the_log_is_gone_a_prediction_is_looked_up_all_the_same(opened, home, tmp_path, left):
    places = home[0].model_copy(update=gone(tmp_path, "prediction_parts" if left == "log" else "predictions"))
    shown = opened(places, NOBODY).get("/on-call/models/toy").text
    predictions = shown.partition('id="predictions"')[2].partition("</section>")[0]
    code = "log.part_gone" if left == "log" else "log.list_gone"
    assert f"<code>{code}</code>" in predictions and 'action="/on-call/models/toy/predictions"' in predictions


def test_whoever_began_an_empty_list_has_taken_note_of_it(opened, lost):
    lost.predictions.mkdir()
    (lost.predictions / "published-parts").touch()
    page = opened(lost, NOBODY).get("/on-call/models/toy").text
    assert "No prediction was compacted yet." in part(page, "predictions") and LOST not in page


def test_a_segment_that_began_after_what_was_checked_does_not_say_where_that_is(home, lost):
    with LogWriter(lost.predictions) as log:
        log.append([home[1]])
    with pytest.raises(Damaged, match="predictions may be lost"):
        refuse_lost_log(lost, "toy")
    [path] = lost.predictions.glob("*.log")
    path.rename(path.with_stem(f"20260101{path.stem[8:]}"))
    refuse_lost_log(lost, "toy")


def test_nothing_is_lost_of_a_model_that_nobody_asked(lost):
    refuse_lost_log(lost, "other")


def test_training_sets_and_raw_rows_that_are_gone_are_named_by_what_was_trained_on_them(opened, home, tmp_path):
    places, about = home
    page = opened(places, NOBODY).get("/on-call/models/toy").text
    assert "nothing has landed" in part(page, "fresh"), "its training set is made of no raw rows"
    elsewhere = places.model_copy(update=gone(tmp_path, "training_sets"))
    fresh = part(opened(elsewhere, NOBODY).get("/on-call/models/toy").text, "fresh")
    of = f"and version 1 of toy was trained on {about.training_set}"
    assert f"No training set is published in {tmp_path}/training_sets, {of}: they may be lost." in fresh
    assert f"Nothing has landed in {places.raw}, {of}, which is not there to say of which raw rows it is" in fresh
    following = part(opened(elsewhere, QUIET).get("/on-call/models/toy").text, "glance").partition("Next.")[2]
    assert f"No training set is published in {tmp_path}/training_sets" in following
    assert "none is published" not in fresh and "nothing has landed" not in fresh


def test_raw_rows_of_which_a_training_set_was_made_are_missed(home, tmp_path):
    places = home[0].model_copy(update=gone(tmp_path, "training_sets", "raw"))
    contract = make_contract()
    (tmp_path / "staged").mkdir()
    write_sorted(make_rows(contract).to_batches(), contract, tmp_path / "staged" / "data.parquet")
    facts = {"raw": ["source/table/2013-01/r1", "source/table/2013-02/r1"]}
    made = publish_training_set(places.training_sets, contract, AS_OF, tmp_path / "staged", facts)
    record = replace(Registry.at(home[0]).model_version("toy", 1), training_set=made.id)
    with pytest.raises(Missing, match="which is of 2 raw partitions: raw rows may be lost"):
        refuse_lost_raw(places, record)
