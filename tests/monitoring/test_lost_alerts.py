"""Alerts that were lost are told until what the log told, and what labels told, is taken in again."""

from datetime import datetime
from pathlib import Path

import pytest

from artifacts import alerts, cli, ledger
from artifacts.errors import Missing
from artifacts.findings import publish_findings
from artifacts.lost_alerts import alerts_of
from artifacts.places import read_places
from monitoring.__main__ import build_parser
from tests.monitoring.found import BLIND, FINE, MOVED, found

TRUTH = "late_arrival/2013-12-20.3f9a5b1c2d3e"


def test_the_repair_takes_in_what_the_log_told_and_what_labels_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    places = read_places()
    ledger.promote(
        places.ledger, model="late_arrival", version=3, run_id="r", expected=None,
        decided_at=datetime(2013, 11, 1), decided_by="test", reason="better",
    )  # fmt: skip
    older, asked, labelled = found(1, FINE), found(2, MOVED), found(1, BLIND, truth=TRUTH)
    for one in (older, asked, labelled, found(3, FINE, version=9)):
        publish_findings(places.findings, one)
    both = f"python -m monitoring update --findings {labelled.id} --findings {asked.id}"
    for taken in ([], [labelled.id]):
        if taken:
            assert cli.run(build_parser(), ["update", "--findings", *taken]) == 0
        with pytest.raises(Missing) as refused:
            alerts_of(places, "late_arrival")
        assert (refused.value.code, refused.value.next_step.endswith(f"found last: {both}")) == ("alerts.lost", True)
    assert cli.run(build_parser(), both.split()[3:]) == 0
    assert {one.key for one in alerts_of(places, "late_arrival")} >= {"psi|distance|training|-"}
    assert {one.stream for one in alerts.watches(places.alerts, "late_arrival").values()} == {"log", "truth"}
