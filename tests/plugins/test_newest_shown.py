"""What is shown goes back from the newest evidence, so that today, on which nobody asked, hides nothing."""

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from artifacts.finding import Finding, Reason
from artifacts.findings import Findings, publish_findings
from artifacts.prediction_log import LogSettings, LogWriter, compact
from tests.plugins.test_model_page import NOBODY, part


def test_a_check_of_a_day_on_which_nobody_asked_hides_nothing_that_was_found_before(opened, home, tmp_path):
    places = home[0].model_copy(update={"findings": str(tmp_path / "findings")})
    shutil.copytree(home[0].findings, places.findings)
    start, end = datetime(2039, 11, 19), datetime(2039, 11, 26)
    none = Finding("psi", "delay_mean", "UNKNOWN", Reason("predictions.none", "No row."), 0, 0, baseline="training")
    publish_findings(places.findings, Findings("toy", 1, home[1].training_set, start, end, 0, end, (none,)))
    page = opened(places, NOBODY).get("/on-call/models/toy").text
    assert "Drift of 8 features on 15 days" in part(page, "drift")
    assert "15 days on which a window ended, 2026-03-01 to 2039-11-25; none ended later." in part(page, "drift")
    assert "Nothing after 2026-03-14 could be judged: of the newest 1 all is UNKNOWN." in part(page, "drift")
    assert 'class="break"' in page
    assert "log loss by window" in part(page, "live")
    assert "windows that ended 2026-03-07 to 2026-03-14; of none that ended later" in part(page, "live")
    newest = r"\? UNKNOWN in the newest window, 2039-11-19 to 2039-11-25; +checked in the future; "
    seen = r"\S+ \w+ in the newest that could be judged, "
    assert re.search(newest + seen + "2026-03-08 to 2026-03-14", part(page, "glance"))


MOVED = Finding("psi", "delay_mean", "DRIFT", Reason("drift.psi", "It moved."), 900, 900, 0.4, 0.1, "training")
FINE = replace(MOVED, state="OK", value=0.01)
WINDOW = datetime(2026, 3, 8), datetime(2026, 3, 15)


def two_versions(places, training_set, first, later):
    """What was found about version 1, the champion, and an hour later about version 2, in one window."""
    for version, one in ((1, first), (2, later)):
        made = datetime(2026, 3, 15, version)
        publish_findings(places.findings, Findings("toy", version, training_set, *WINDOW, 900, made, (one,)))
    return places


@pytest.mark.parametrize(("first", "later"), [(MOVED, FINE), (FINE, MOVED)], ids=["champion", "other"])
def test_a_check_of_another_version_hides_no_drift_and_is_not_told_as_the_champions(
    opened, home, tmp_path, first, later
):
    places = home[0].model_copy(update={"findings": str(tmp_path / "findings")})
    page = opened(two_versions(places, home[1].training_set, first, later), NOBODY).get("/on-call/models/toy").text
    assert re.search(r"2026-03-14 +▲ DRIFT +delay_mean \(PSI, 4\.0.\)", part(page, "drift"))
    assert "Drift of 1 feature on 1 day;" in part(page, "drift")
    assert "In words: 1 day that was not OK, of 1; 0 were OK, of 1 feature" in part(page, "drift")
    told = {"OK": "✓ OK", "DRIFT": "▲ DRIFT"}[first.state]
    assert f"{told} in the newest window, 2026-03-08 to 2026-03-14" in part(page, "glance")
    assert "answered by version 2" not in part(page, "glance")


def test_of_one_version_what_was_found_last_counts(opened, home, tmp_path):
    places = home[0].model_copy(update={"findings": str(tmp_path / "findings")})
    for hour, one in enumerate((MOVED, FINE)):
        made = datetime(2026, 3, 15, hour)
        publish_findings(places.findings, Findings("toy", 1, home[1].training_set, *WINDOW, 900, made, (one,)))
    page = opened(places, NOBODY).get("/on-call/models/toy").text
    assert "✓ The one day shown is OK." in part(page, "drift")
    assert "✓ OK in the newest window" in part(page, "glance")


def test_of_a_window_that_one_check_cannot_judge_and_another_can_the_line_says_one_thing_with_the_age_of_that_check(
    opened, home, tmp_path
):
    mine = {"findings": str(tmp_path / "findings"), "alerts": f"sqlite:///{tmp_path}/alerts.db"}
    places = home[0].model_copy(update=mine)
    now = datetime.now(UTC).replace(tzinfo=None)
    truth = f"{home[1].training_set.split('/')[0]}/2026-03-20.0123456789ab"
    blind = Finding("psi", "delay_mean", "UNKNOWN", Reason("labels.none", "None."), 0, baseline="truth")

    def line(start, one, hours, held=None):
        made = now - timedelta(hours=hours, minutes=1)
        end = start + timedelta(days=7)
        publish_findings(
            places.findings, Findings("toy", 1, home[1].training_set, start, end, 900, made, (one,), truth=held)
        )
        glance = part(opened(places, NOBODY).get("/on-call/models/toy").text, "glance")
        return re.sub(r" +", " ", glance.partition(" Drift ")[2].partition(" Alerts ")[0]).strip()

    line(WINDOW[0], MOVED, 5)
    told = "▲ DRIFT in the newest window, 2026-03-08 to 2026-03-14, 1 of 1 moved, by the log, and UNKNOWN by labels;"
    assert line(WINDOW[0], blind, 3, truth) == f"{told} checked 5 hours ago"
    # What was checked since is another window: its age is not that of the one named.
    assert line(datetime(2026, 3, 1), FINE, 0) == f"{told} checked 5 hours ago"


def test_a_window_that_was_repaired_hides_nothing_of_what_labels_showed_and_is_no_more_what_it_was(
    opened, home, tmp_path
):
    places = home[0].model_copy(update={"findings": str(tmp_path / "findings")})
    log_loss = replace(MOVED, rule="log_loss", feature=None, baseline="holdout", threshold=0.3)
    blind = Finding("log", None, "UNKNOWN", Reason("publish.damaged", "A part is damaged."), 0)
    truth = f"{home[1].training_set.split('/')[0]}/2026-03-20.0123456789ab"
    checks = ([log_loss, FINE], truth), ([blind], None), ([FINE], None)

    def drift(*made):
        for hour, (several, held) in made:
            at = datetime(2026, 3, 21, hour)
            one = Findings("toy", 1, home[1].training_set, *WINDOW, 900, at, tuple(several), truth=held)
            publish_findings(places.findings, one)
        return part(opened(places, NOBODY).get("/on-call/models/toy").text, "drift")

    assert "publish.damaged" in drift((1, checks[1]))
    assert "✓ The one day shown is OK." in drift((2, checks[2]))
    assert "log loss" in drift((3, checks[0]))
    while_damaged = drift((4, checks[1]))
    assert "what labels show (log loss" in while_damaged and "the window: publish.damaged" in while_damaged
    repaired = drift((5, checks[2]))
    assert "what labels show (log loss" in repaired and "publish.damaged" not in repaired
    # Labels could not be asked by the last check with them, which is so whatever the log tells.
    blinded = drift((6, ([blind], truth)), (7, checks[2]))
    assert "what labels show: publish.damaged" in blinded and "the window: " not in blinded


def test_a_prediction_of_today_hides_none_of_long_ago(opened, home, tmp_path):
    places = home[0].model_copy(update={"prediction_parts": str(tmp_path / "parts"), "predictions": tmp_path / "log"})
    shutil.copytree(home[0].prediction_parts, places.prediction_parts)
    places.predictions.mkdir()
    shutil.copy(home[0].predictions / "published-parts", places.predictions)
    with LogWriter(places.predictions, LogSettings()) as log:
        log.append([replace(home[1], prediction_id="b" * 32, asked_at=datetime(2039, 11, 26, 9))])
    compact(places.predictions, places.prediction_parts)
    page = opened(places, NOBODY).get("/on-call/models/toy").text
    [bars] = re.findall(r'<path[^>]*class="bars"', page)
    assert bars.count("M") == 15
    assert "at a dotted line more than a month without any is left out" in part(page, "predictions")


def test_the_map_is_drawn_anew_once_a_window_was_removed_replaced_or_harmed(opened, home, tmp_path):
    places = home[0].model_copy(update={"findings": str(tmp_path / "findings")})
    two_versions(places, home[1].training_set, MOVED, replace(MOVED, feature="carrier"))
    client = opened(places, NOBODY)

    def drift():
        return part(client.get("/on-call/models/toy").text, "drift")

    assert "Drift of 2 features on 1 day;" in drift()
    first, second = sorted((tmp_path / "findings" / "toy").glob("2026*"), key=lambda one: ".v2." in one.name)
    shutil.rmtree(second)
    assert "Drift of 1 feature on 1 day;" in drift()
    (first / "manifest.json").write_text("{}")
    assert "Drift of" not in (harmed := drift()) and "publish.damaged" in harmed
    shutil.rmtree(first)
    two_versions(places, home[1].training_set, FINE, FINE)
    assert "✓ The one day shown is OK." in drift()
