"""Alerts that were lost are told until what the log told, and what labels told, is taken in again."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import s3fs

from artifacts import alerts, cli, ledger
from artifacts.errors import Damaged, Missing, Unavailable
from artifacts.findings import publish_findings
from artifacts.lost_alerts import alerts_of, refuse_lost_alerts
from artifacts.places import read_places
from artifacts.publish import Published
from monitoring.__main__ import build_parser
from tests.monitoring.found import BLIND, FINE, MOVED, found

TRUTH = "late_arrival/2013-12-20.3f9a5b1c2d3e"


def test_the_repair_takes_in_what_the_log_told_and_what_labels_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    places = read_places()
    ledger.promote(
        places.ledger, model="late_arrival", version=3, run_id="r", expected=None,
        decided_at=datetime(2013, 11, 1), decided_by="test", reason="better",
    )  # fmt: skip
    older, asked, labelled = found(1, FINE), found(2, MOVED), found(1, BLIND, truth=TRUTH)
    quiet = [found(day, BLIND) for day in (3, 4)]
    ahead = replace(found(6, MOVED), start=datetime(2103, 12, 1), end=datetime(2103, 12, 8))
    for one in (older, asked, labelled, *quiet, ahead, found(5, FINE, version=9)):
        publish_findings(places.findings, one)
    # UNKNOWN ends no alert: what was judged before it comes first, and of two that say nothing the newest.
    wanted = [labelled.id, asked.id, quiet[1].id]
    both = f"python -m monitoring update {' '.join(f'--findings {one}' for one in wanted)}"
    for taken in ([], [labelled.id]):
        if taken:
            assert cli.run(build_parser(), ["update", "--findings", *taken]) == 0
        with pytest.raises(Missing) as refused:
            alerts_of(places, "late_arrival")
        assert (refused.value.code, refused.value.next_step.endswith(f"found last: {both}")) == ("alerts.lost", True)
        # Also who checks an older window is told what was found last of all.
        with pytest.raises(Missing) as earlier:
            refuse_lost_alerts(places, "late_arrival", older.end + timedelta(days=1, hours=1))
        assert earlier.value.next_step == refused.value.next_step
        assert "what could not be judged lately does not come back" in refused.value.next_step
    assert cli.run(build_parser(), both.split()[3:]) == 0
    is_open = {(one.kind, one.key) for one in alerts_of(places, "late_arrival") if one.is_open}
    assert is_open >= {("DRIFT", "psi|distance|training|-"), ("UNKNOWN", "psi|distance|training|-")}
    began = {one.stream: one.began for one in alerts.bare_watches(places.alerts, "late_arrival")}
    # Labels leave no day out of a baseline.
    assert began == {"log": asked.start, "truth": None}
    capsys.readouterr()
    assert cli.run(build_parser(), ["alerts", "--model", "late_arrival"]) == 0
    assert f"The alerts of version 3 begin with {asked.start:%Y-%m-%d}: what was told before" in capsys.readouterr().out


def test_alerts_that_took_in_the_first_check_of_all_know_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    places = read_places()
    for one in (found(1, FINE, version=2), found(2, FINE), found(3, FINE)):
        publish_findings(places.findings, one)
        assert cli.run(build_parser(), ["update", "--findings", one.id]) == 0
    assert {one.began for one in alerts.bare_watches(places.alerts, "late_arrival")} == {None}
    # What labels told of an older window, taken first, says nothing of what the log told.
    labelled, of_log = found(1, BLIND, version=5, truth=TRUTH), found(4, FINE, version=5)
    for one in (labelled, of_log):
        publish_findings(places.findings, one)
        assert cli.run(build_parser(), ["update", "--findings", one.id]) == 0
    assert {one.began for one in alerts.bare_watches(places.alerts, "late_arrival")} == {None}
    # Pages of checks are enough to know that there were some; a folder that is no window's is none.
    (tmp_path / "reports" / found(1, FINE, version=4).id).mkdir(parents=True)
    (tmp_path / "reports" / "late_arrival" / "9_9.v4.0123456789ab").mkdir()
    last = found(4, FINE, version=4)
    publish_findings(places.findings, last)
    assert cli.run(build_parser(), ["update", "--findings", last.id]) == 0
    began = {one.version: one.began for one in alerts.bare_watches(places.alerts, "late_arrival")}
    assert began == {2: None, 3: None, 4: last.start, 5: None}


def test_what_is_open_is_said_where_findings_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    publish_findings(read_places().findings, moved := found(2, MOVED))
    assert cli.run(build_parser(), ["update", "--findings", moved.id]) == 0
    monkeypatch.setenv("PIPELINE_FINDINGS", "s3://findings")
    store = {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "s3cret", "ENDPOINT_URL": "http://127.0.0.1:9"}
    for name, value in {**store, "DEFAULT_REGION": "us-east-1", "MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    # A file system is kept by its arguments, and the environment is none of them.
    s3fs.S3FileSystem.clear_instance_cache()
    capsys.readouterr()
    try:
        assert cli.run(build_parser(), ["alerts", "--model", "late_arrival"]) == 0
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
    said = capsys.readouterr()
    assert "DRIFT   v3 psi|distance|training|- #1: open" in said.out
    assert "place.unreachable: Whether findings are gone is not known." in said.err


def test_alerts_that_are_gone_with_the_findings_are_not_told_as_none_where_pages_of_findings_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    ledger.promote(
        read_places().ledger, model="late_arrival", version=3, run_id="r", expected=None,
        decided_at=datetime(2013, 11, 1), decided_by="test", reason="better",
    )  # fmt: skip
    assert cli.run(build_parser(), ["alerts", "--model", "late_arrival"]) == 0
    drawn = tmp_path / "reports" / found(2, MOVED).id
    drawn.mkdir(parents=True)
    capsys.readouterr()
    assert cli.run(build_parser(), ["alerts", "--model", "late_arrival"]) == Missing.exit_code
    # So it is for whoever checks, accepts, delivers or retrains.
    with pytest.raises(Missing, match="findings and alerts may be lost"):
        refuse_lost_alerts(read_places(), "late_arrival", datetime(2013, 12, 31))
    # Not for who checks that very window again: its findings are the same as before.
    refuse_lost_alerts(read_places(), "late_arrival", found(2, MOVED).end)
    # Nor does a newer window that was checked since, by hand, make it known what was open before.
    publish_findings(read_places().findings, newer := found(3, MOVED))
    for before in (newer.end, None):
        with pytest.raises(Missing, match=f"update --findings {newer.id}"):
            refuse_lost_alerts(read_places(), "late_arrival", before)
    said = capsys.readouterr().err
    assert "findings.lost: " in said and f"{drawn.parent} has pages of 1 check: findings and alerts may be lost" in said


@pytest.mark.parametrize("name", ["manifest.json", "findings.json"])
def test_findings_that_are_harmed_are_no_reason_to_say_that_nothing_was_checked(tmp_path: Path, name: str) -> None:
    places = read_places({"PIPELINE_HOME": str(tmp_path)})
    ledger.promote(
        places.ledger, model="late_arrival", version=3, run_id="r", expected=None,
        decided_at=datetime(2013, 11, 1), decided_by="test", reason="better",
    )  # fmt: skip
    harmed, whole = found(2, MOVED), found(1, FINE)
    publish_findings(places.findings, harmed)
    (Path(places.findings) / harmed.id / name).unlink()
    with pytest.raises(Damaged):
        alerts_of(places, "late_arrival")
    # An older one that is whole is a beginning.
    publish_findings(places.findings, whole)
    with pytest.raises(Missing, match=f"update --findings {whole.id}"):
        alerts_of(places, "late_arrival")


@pytest.mark.parametrize("name", ["manifest.json", "findings.json"])
def test_alerts_lists_what_it_can_and_says_which_findings_are_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    places = read_places()
    first, harmed = found(1, MOVED), found(2, MOVED)
    for one in (first, harmed):
        publish_findings(places.findings, one)
    assert cli.run(build_parser(), ["update", "--findings", first.id]) == 0
    whole = (Path(places.findings) / harmed.id / name).read_bytes()
    (Path(places.findings) / harmed.id / name).write_bytes(whole[: len(whole) // 2])
    capsys.readouterr()
    assert cli.run(build_parser(), ["alerts", "--model", "late_arrival"]) == Damaged.exit_code
    listed = capsys.readouterr()
    assert "DRIFT   v3 psi|distance|training|- #1: open" in listed.out
    assert cli.run(build_parser(), ["update", "--findings", harmed.id]) == Damaged.exit_code
    # One repair, in the same words, whoever meets them.
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert told.partition("publish.damaged")[1:] != ("", "") and told in listed.err


@pytest.mark.parametrize(
    "error",
    [PermissionError(13, "Permission denied"), Unavailable("place.unreachable", "It is down.", next_step="Wait.")],
)
def test_findings_of_which_it_is_not_known_whether_they_are_whole_are_named_beside_those_that_are_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    places = read_places()
    first, harmed, closed = found(1, MOVED), found(2, MOVED), found(3, MOVED)
    for one in (first, harmed, closed):
        publish_findings(places.findings, one)
    assert cli.run(build_parser(), ["update", "--findings", first.id]) == 0
    (Path(places.findings) / harmed.id / "findings.json").write_bytes(b"x")
    read = Published.file

    def refuses(published: Published, name: str) -> Path:
        if published.uri.endswith(closed.id):
            raise error
        return read(published, name)

    monkeypatch.setattr(Published, "file", refuses)
    capsys.readouterr()
    assert cli.run(build_parser(), ["alerts", "--model", "late_arrival", "--json"]) == Damaged.exit_code
    said = json.loads(capsys.readouterr().out)
    assert [one.partition(":")[0] for one in said["unread"]] == ["publish.damaged", "place.unreachable"]
    assert len(said["open"]) == 1
