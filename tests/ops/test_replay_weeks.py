"""The replay through Airflow itself: weeks of a small model, of which the first cannot be judged; and real ones."""

import json
import os
import re
import subprocess
import sys
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from artifacts import alerts, ledger
from artifacts.places import REPOSITORY, read_places
from ci.plan import read_plan
from ci.smoke import smoke

pytestmark = pytest.mark.slow

# Weeks of the real thing on the tiny source, each some ten seconds after a minute of building what goes before.
WEEKS = int(os.environ.get("TEST_REPLAY_WEEKS", "0"))


def test_a_week_that_cannot_be_judged_is_red_and_told_and_the_next_week_follows(replayed):
    first, second, *_ = replayed.told
    assert "could not be judged: predictions.gap: " in first[0]
    assert (second[0], second[1]) == (None, 668)
    assert [re.findall("OK|DRIFT|UNKNOWN", line)[0] for line in replayed.lines if "v1" in line] == ["UNKNOWN", "OK"]


def test_its_alert_is_resolved_once_the_next_week_is_judged_and_the_page_says_so(replayed):
    [gap] = [
        one for one in alerts.history(replayed.places.alerts, "toy") if one.finding.reason.code == "predictions.gap"
    ]
    assert (gap.opened, gap.closed) == (datetime(2013, 2, 20), datetime(2013, 2, 27))
    page = " ".join(unescape(re.sub(r"<[^>]*>", " ", replayed.page.read_text())).split())
    assert "02-19 02-26 resolved predictions v1" in page


def test_a_week_whose_journal_is_damaged_is_refused_and_gone_through_anew_once_that_is_deleted(replayed):
    """What docs/runbook.md says to do."""
    assert replayed.damaged == "replay.journal_damaged"
    assert replayed.told[2] == replayed.told[1]


def test_a_week_gone_through_again_after_a_kill_finds_the_same(replayed):
    _, second, again, _ = replayed.told
    assert again == second


def test_a_week_gone_through_again_after_a_promotion_is_that_of_the_champion_that_it_began_with(replayed):
    _, second, _, promoted = replayed.told
    assert ledger.champion(replayed.places.ledger, "toy").version == 2
    assert (promoted, promoted[-1]) == (second, 1)


@pytest.mark.skipif(not WEEKS, reason="builds, trains and replays for minutes: TEST_REPLAY_WEEKS=2")
def test_real_weeks_are_replayed_once_and_then_found(tmp_path):
    plan = read_plan(REPOSITORY / "ci" / "smoke.yaml")
    assert "refused" not in smoke(plan, tmp_path)
    first, second = (replay(tmp_path) for _ in range(2))
    assert (first["replayed"], second["replayed"], second["id"]) == (WEEKS, 0, first["id"])
    page = Path(first["id"]).read_text()
    assert page.count("version 1</text>") >= 1
    assert len(alerts.models(read_places({"PIPELINE_HOME": str(tmp_path)}).alerts)) == 1


def replay(home):
    until = date(2013, 11, 1) + timedelta(days=7 * WEEKS)
    environ = {**os.environ, "PIPELINE_HOME": str(home), "INGESTION_NYCFLIGHTS13_FOLDER": str(home / "source")}
    command = [sys.executable, "-m", "ops.replay", "--json", "--until", str(until)]
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])
