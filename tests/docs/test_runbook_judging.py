"""Faults of judging in a home that can build: planted, named by their codes, and judged after what a section says."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from mlflow import MlflowClient

from artifacts import ledger
from artifacts.champion_alias import ALIAS
from artifacts.errors import Refusal
from artifacts.places import Places
from tests.docs import runbook
from tests.docs.post_home import BUILD, JUDGE, TRAIN, Reader, edit, made_home, reader_in
from tests.features.conftest import post
from training.judge import judge_named

pytestmark = pytest.mark.slow

# By reason: what MLflow's database says of the candidate's windows, though training logged something else.
WINDOWS = {
    "too_few_rows": {"holdout_start": "2013-02-21 00:00:00"},
    "one_class": {"holdout_start": "2013-02-26 12:00:00"},
    "holdout_not_newer": {"fit_end": "2013-02-20 00:00:00"},
    "judge.no_rows": {"holdout_start": "2013-02-28 00:00:00"},
}
LATER = {"DAY": "2013-05-01"}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    places = made_home(tmp_path_factory.mktemp("judging"))
    for month in ("2013-03", "2013-04"):
        post(places.raw, month)
    return places


@pytest.fixture
def reader(places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Reader]:
    """A reader of the shared home, with a candidate of the first two months, and nobody champion."""
    reader = reader_in(places, monkeypatch, capsys)
    assert [reader.runs(one)[0] for one in (BUILD, TRAIN)] == [0, 0]
    yield reader
    (places.home / "mlflow" / "ledger.db").unlink(missing_ok=True)
    MlflowClient(places.mlflow).delete_registered_model_alias("toy", ALIAS)


@contextmanager
def windows(reader: Reader, told: dict[str, str]) -> Iterator[None]:
    """MLflow's database as it must not be, and restored."""

    def write(values: dict[str, str]) -> dict[str, str]:
        before = {}
        with sqlite3.connect(reader.places.home / "mlflow" / "mlflow.db") as mlflow:
            for name, value in values.items():
                where = [reader.values["RUN"], f"window.{name}"]
                [[before[name]]] = mlflow.execute("select value from params where run_uuid = ? and key = ?", where)
                mlflow.execute("update params set value = ? where run_uuid = ? and key = ?", [value, *where])
        mlflow.close()
        return before

    before = write(told)
    try:
        yield
    finally:
        write(before)


def crowned(reader: Reader) -> str:
    """Make the reader's candidate champion, whatever a verdict says; its version."""
    run, now = reader.registry.run(reader.values["RUN"]), reader.champion()
    about = {"decided_by": "tester", "reason": "for the test", "decided_at": datetime(2013, 3, 1), "expected": now}
    ledger.promote(reader.places.ledger, model="toy", version=run.version or 0, run_id=run.run_id, **about)  # type: ignore[arg-type]
    reader.registry.set_alias("toy", ALIAS, run.version or 0)
    return str(run.version)


def reasons(reader: Reader) -> tuple[int, set[str]]:
    """How judging ends, and why."""
    ended, said = reader.runs(f"{JUDGE} --json")
    told = json.loads(said.splitlines()[-1])
    return ended, {one["code"] for one in told.get("reasons", ())} | {told.get("error", "")} - {""}


def test_what_could_not_be_judged_is_judged_once_that_is_mended(reader: Reader) -> None:
    with windows(reader, {"holdout_start": "2013-02-21 00:00:00"}):
        with pytest.raises(Refusal) as refusal:
            judge_named(reader.values["RUN"])
        assert refusal.value.code == "judge.cannot_judge"
        assert reasons(reader)[0] == 4
    assert reader.follows("judge.cannot_judge") == [0]


@pytest.mark.parametrize("reason", WINDOWS)
def test_a_candidate_whose_windows_are_not_its_own_is_replaced_by_another(reason: str, reader: Reader) -> None:
    # One that was not judged before: a verdict that was made while all was well is found.
    assert reader.runs(f"{TRAIN} --again")[0] == 0
    with windows(reader, WINDOWS[reason]):
        ended, why = reasons(reader)
        assert (ended, reason in why) == (4, True), why
        reader.values |= LATER
        assert reader.follows(reason) == [0]
    if reason != "holdout_not_newer":
        assert reader.runs(TRAIN)[0] == 0
    assert reasons(reader) == (0, {"first_champion"})


def test_a_holdout_of_few_days_is_made_longer_in_the_config(reader: Reader) -> None:
    reader.config(holdout_days="8", min_rows="5")
    reader.runs(TRAIN)
    assert reasons(reader) == (4, {"too_few_days"})
    reader.config(min_rows="5")
    assert reader.follows("too_few_days") == [0]
    assert reasons(reader) == (0, {"first_champion"})


def test_slices_that_are_all_too_thin_are_wanted_smaller_in_the_config(reader: Reader) -> None:
    crowned(reader)
    slices = "{{columns: [size], metric: log_loss, worse_by_at_most: 0.1, min_rows: {}}}"
    reader.config(min_rows=f"20\n  slices: {slices.format(50)}")
    reader.runs(TRAIN)
    assert reasons(reader) == (4, {"no_slice"})
    reader.config(min_rows=f"20\n  slices: {slices.format(10)}")
    assert reader.follows("no_slice") == [0]
    assert "no_slice" not in reasons(reader)[1]


def test_a_number_that_is_undefined_on_these_rows_is_defined_on_later_ones(reader: Reader) -> None:
    crowned(reader)
    slices = "{columns: [size], metric: roc_auc, worse_by_at_most: 0.1, min_rows: 10}"
    reader.config(holdout_days="40", min_rows=f"20\n  slices: {slices}")
    fine = "deliveries.is_late"
    none = f"({fine} and (postings.size = 'large' or postings.posted_at not between '2013-01-20' and '2013-03-01'))"
    edit(reader.project, "toy.sql", f"    {fine},", f"    {none} as is_late,")
    try:
        assert [reader.runs(one)[0] for one in (BUILD, TRAIN)] == [0, 0]
        assert reasons(reader) == (4, {"undefined"})
        reader.values |= LATER
        assert reader.follows("undefined") == [0]
        assert reader.runs(TRAIN)[0] == 0
        assert "undefined" not in reasons(reader)[1]
    finally:
        edit(reader.project, "toy.sql", f"    {none} as is_late,", f"    {fine},")


def test_a_champion_that_saw_the_holdout_is_compared_on_a_newer_one(reader: Reader) -> None:
    old = reader.values["RUN"]
    assert [reader.runs(one, DAY="2013-04-01")[0] for one in (BUILD, TRAIN)] == [0, 0]
    crowned(reader)
    reader.values["RUN"] = old
    assert "champion_saw_holdout" in reasons(reader)[1]
    reader.values |= LATER
    assert reader.follows("champion_saw_holdout") == [0]
    assert reader.runs(TRAIN)[0] == 0
    assert "champion_saw_holdout" not in reasons(reader)[1]


def test_a_column_of_the_champion_is_brought_back_or_a_champion_without_it_is(reader: Reader) -> None:
    old = reader.values["NAME/VERSION"]
    reader.config(features="[weight_g]")
    reader.runs(TRAIN)
    without, before = crowned(reader), reader.values["RUN"]
    reader.config()
    reader.runs(TRAIN)
    crowned(reader)
    assert reader.values["RUN"] != before
    edit(reader.project, "toy.yml", "name: weight_kg", "name: weight_t")
    edit(reader.project, "toy.sql", "::double as weight_kg", "::double as weight_t")
    try:
        assert [reader.runs(one)[0] for one in (BUILD, TRAIN)] == [0, 0]
        assert reasons(reader) == (4, {"judge.column_changed"})
        diff, build, back = runbook.section("judge.column_changed").commands
        ended, said = reader.runs(diff, **{"NAME/VERSION": old})
        assert (ended, "weight_t" in said) == (0, True)
        assert reader.runs(back, N=without, TEXT="'it has no weight_kg'")[0] == 0
        assert "judge.column_changed" not in reasons(reader)[1]
    finally:
        edit(reader.project, "toy.yml", "name: weight_t", "name: weight_kg")
        edit(reader.project, "toy.sql", "::double as weight_t", "::double as weight_kg")
    assert reader.runs(build)[0] == 0
    assert reader.values["NAME/VERSION"] == old
