"""Which training sets a DAG run builds, by what started it."""

from dataclasses import replace
from pathlib import Path

import pytest

from artifacts.errors import Missing
from artifacts.findings import publish_findings
from artifacts.places import Places
from features.due import due
from tests.monitoring.found import MOVED, found
from tests.serving.world import places_in

NAMES = ("cancellation", "late_arrival")
AS_OF = "2013-12-01"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return places_in(tmp_path, tmp_path / "registry", tmp_path / "sets")


def drifted(places: Places) -> str:
    made = replace(found(2, MOVED), model="late", training_set="late_arrival/2013-10-01.3f9a5b1c2d3e")
    publish_findings(places.findings, made)
    return made.id


def names(pairs: list[dict[str, str]]) -> list[str]:
    assert {pair["as_of"] for pair in pairs} == {AS_OF}
    return [pair["name"] for pair in pairs]


def test_drift_alone_builds_the_set_that_the_drifted_model_was_trained_on(places: Places) -> None:
    events = [{"findings": [drifted(places)]}]
    assert names(due(places, None, AS_OF, NAMES, drifted=events)) == ["late_arrival"]


def test_rows_that_landed_build_every_set_also_beside_drift(places: Places) -> None:
    assert names(due(places, None, AS_OF, NAMES, landed=True)) == [*NAMES]
    assert names(due(places, None, AS_OF, NAMES, landed=True, drifted=[{"findings": [drifted(places)]}])) == [*NAMES]


@pytest.mark.parametrize("extra", [None, {}, {"findings": []}, {"findings": "late/1"}])
def test_an_event_that_does_not_say_what_drifted_asks_for_every_set(places: Places, extra: dict[str, object]) -> None:
    events = [{"findings": [drifted(places)]}, extra]
    assert names(due(places, None, AS_OF, NAMES, drifted=events)) == [*NAMES]


def test_the_name_that_a_person_gives_is_the_only_one(places: Places) -> None:
    events = [{"findings": [drifted(places)]}]
    assert names(due(places, "cancellation", AS_OF, NAMES, landed=True, drifted=events)) == ["cancellation"]


def test_findings_that_are_gone_are_refused_by_their_name(places: Places) -> None:
    gone = "late/2013-11-02_2013-12-03.v3.000000000000"
    with pytest.raises(Missing) as raised:
        due(places, None, AS_OF, NAMES, drifted=[{"findings": [gone]}])
    assert gone in str(raised.value)
