"""Upcoming rows are published when every row keeps the contract; they are what the training set lacks, and no more."""

from datetime import datetime
from pathlib import Path

import pytest

from artifacts.errors import BadInput, GateClosed
from artifacts.places import Places
from artifacts.upcoming import newest_upcoming, open_upcoming
from features.build import build
from features.upcoming import build_upcoming
from tests.features.conftest import edit

FEATURES = ["parcel", "observed_at", "weight_g", "size", "weight_kg"]
NOON, MARCH = datetime.fromisoformat("2013-02-20 12:00"), datetime.fromisoformat("2013-03-01")


def rows(artefact, names=FEATURES):
    return {row["parcel"]: row for batch in artefact.batches(names) for row in batch.to_pylist()}


def refused(places: Places, project: Path, kind: type[Exception], as_of: datetime = NOON) -> str:
    with pytest.raises(kind) as refusal:
        build_upcoming(places, "toy", as_of, project)
    assert list(Path(places.upcoming).glob("toy/*")) == []
    return f"{refusal.value.code}: {refusal.value.message}"  # type: ignore[attr-defined]


def test_rows_without_a_label_are_published_with_the_features_that_training_sees_later(
    places: Places, project: Path
) -> None:
    upcoming = build_upcoming(places, "toy", NOON, project)
    assert sorted(rows(upcoming)) == ["2013-02-35", "2013-02-36", "2013-02-37", "2013-02-38"]
    later = rows(build(places, "toy", MARCH, project))
    assert rows(upcoming) == {parcel: later[parcel] for parcel in rows(upcoming)}
    assert (upcoming.rows, upcoming.published.created) == (4, True)
    assert upcoming.facts["raw"] and upcoming.facts["created_at"]
    assert newest_upcoming(places.upcoming, "toy") == upcoming.version


def test_the_same_rows_are_not_published_twice(places: Places, project: Path) -> None:
    first, again = (build_upcoming(places, "toy", NOON, project) for _ in range(2))
    assert (again.id, again.published.created) == (first.id, False)


def test_a_row_beyond_its_bounds_publishes_nothing_and_leaves_its_data_docs(places: Places, project: Path) -> None:
    edit(project, "toy.yml", "bounds: [0, 5000]", "bounds: [0, 137]")
    assert "weight_g: 135 to 138, 1 of 4 rows" in refused(places, project, GateClosed)
    assert list((places.home / "validation" / "toy_upcoming").glob("2013-02-20T1200.*/docs/index.html"))


def test_a_null_where_the_contract_allows_none_publishes_nothing(places: Places, project: Path) -> None:
    edit(project, "toy_upcoming.sql", "    postings.weight_g,", "    nullif(postings.weight_g, 138) as weight_g,")
    assert "on weight_g: null in 1 of 4 rows" in refused(places, project, GateClosed)


def test_the_share_of_nulls_is_a_matter_of_the_training_set(places: Places, project: Path) -> None:
    edit(project, "toy.yml", "bounds: [0, 5]", "bounds: [0, 5], null_share: 0.1")
    edit(project, "toy_upcoming.sql", "postings.weight_g / 1000.0::double", "null::double")
    assert build_upcoming(places, "toy", NOON, project).rows == 4


def test_a_key_that_names_two_rows_publishes_nothing(places: Places, project: Path) -> None:
    edit(project, "toy_upcoming.sql", "    postings.posted_at\n", "    timestamp '2013-01-01' as posted_at\n")
    assert refused(places, project, GateClosed).startswith("upcoming.key_twice: ")


def test_that_there_is_no_upcoming_row_is_published(places: Places, project: Path) -> None:
    edit(project, "toy_upcoming.sql", "where\n", "where\n    false and\n")
    upcoming = build_upcoming(places, "toy", NOON, project)
    assert (upcoming.rows, open_upcoming(places.upcoming, "toy", upcoming.version).facts["window"]) == (0, None)


def test_a_training_set_without_a_model_or_a_word_on_upcoming_rows_says_what_to_write(
    places: Places, project: Path
) -> None:
    next(project.rglob("toy_upcoming.sql")).unlink()
    assert refused(places, project, BadInput).startswith("features.no_upcoming_model: project/models/upcoming/toy_")
    yaml = next(project.rglob("toy.yml"))
    text = yaml.read_text()
    yaml.write_text(text[: text.index("        upcoming:")] + text[text.index("    columns:") :])
    assert refused(places, project, BadInput).startswith("contract.no_upcoming")


def test_a_moment_beyond_what_landed_is_refused(places: Places, project: Path) -> None:
    late = datetime.fromisoformat("2013-03-01 00:01")
    assert refused(places, project, BadInput, late).startswith("features.not_landed")
