"""Findings that are gone are missed by the pages that were drawn of them, until their window is checked again."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from artifacts.findings import Findings, publish_findings
from artifacts.findings_summary import summaries
from artifacts.lost_findings import lost_among
from monitoring.report import write_report
from tests.plugins.test_checked import END, FINE, QUIET, START, takes
from tests.plugins.test_model_page import part


def test_what_labels_showed_of_an_older_window_is_missed_by_its_page_until_the_window_is_checked_again(
    opened, home, tmp_path
):
    shutil.copytree(home[0].findings, tmp_path / "findings")
    places = home[0].model_copy(update={"home": tmp_path, "findings": str(tmp_path / "findings")})
    newest, truth = datetime(2026, 3, 15), home[1].training_set
    worse = replace(FINE, rule="log_loss", feature=None, baseline="holdout", value=0.2, threshold=0.3)
    start, end = datetime(2026, 3, 6), datetime(2026, 3, 13)
    before, labelled = (
        Findings("toy", 1, truth, start, end, 900, newest + timedelta(hours=hour), (one,), truth=truth)
        for hour, one in enumerate((worse, replace(worse, value=0.21)))
    )
    for one in (before, labelled):
        publish_findings(places.findings, one)
        write_report(places, one.id, "")
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    publish_findings(places.findings, Findings("toy", 1, truth, START, END, 900, now, (FINE,)))
    client = opened(places, QUIET)
    shutil.rmtree(tmp_path / "findings" / before.id)
    text = client.get("/on-call/models/toy").text
    assert "cannot be read" not in text and "of none that ended later are the labels known" in part(text, "live")
    shutil.rmtree(tmp_path / "findings" / labelled.id)
    text = client.get("/on-call/models/toy").text
    said = f"The findings {labelled.id} are not in {places.findings}, and a page was drawn of them"
    assert all(said in part(text, place) for place in ("drift", "live"))
    # An alert is open: what is so now comes before what is not known of an older window.
    assert "See what is open" in part(text, "glance").partition("Next.")[2] and before.id not in text
    quiet = places.model_copy(update={"alerts": f"sqlite:///{tmp_path}/alerts.db"})
    takes(quiet.alerts, "toy", next(one.id for one in summaries(places.findings, "toy")[0] if not one.labelled))
    assert said in part(opened(quiet, QUIET).get("/on-call/models/toy").text, "glance").partition("Next.")[2]
    again = "python -m monitoring check --model toy --version 1 --window 2026-03-06..2026-03-13 --training-set"
    assert f'<code class="command">{again} {truth}</code>' in text
    assert "of none that ended later are" not in text and ", as far as it can be read." in part(text, "live")
    assert list(lost_among(places, "toy", *summaries(places.findings, "toy"))) == [labelled.id]
    publish_findings(places.findings, replace(before, created_at=newest + timedelta(days=1)))
    assert "cannot be read" not in client.get("/on-call/models/toy").text


def test_a_page_that_does_not_say_how_it_was_checked_is_missed_also_where_the_alerts_cannot_be_read(
    opened, home, tmp_path
):
    file = tmp_path / "alerts.db"
    file.write_bytes(b"no database")
    places = home[0].model_copy(update={"home": tmp_path, "alerts": f"sqlite:///{file}"})
    for name in ("2026-03-06_2026-03-13.v1.0123456789ab", "9_9.v1.0123456789ab"):
        (tmp_path / "reports" / "toy" / name).mkdir(parents=True)
    told = part(opened(places, QUIET).get("/on-call/models/toy").text, "drift")
    assert f"The findings toy/2026-03-06_2026-03-13.v1.0123456789ab are not in {places.findings}" in told
    assert "(with --training-set NAME/VERSION too, where they said what labels showed)" in told and "9_9" not in told


def test_without_any_findings_with_labels_that_are_left_none_is_said_to_have_no_labels_yet(opened, home, tmp_path):
    places = home[0].model_copy(update={"home": tmp_path, "findings": str(tmp_path / "findings")})
    truth, made = home[1].training_set, datetime(2026, 3, 15)
    asked = Findings("toy", 1, truth, START, END, 900, made, (FINE,))
    for one in (asked, replace(asked, truth=truth)):
        publish_findings(places.findings, one)
        write_report(places, one.id, "")
    shutil.rmtree(tmp_path / "findings" / replace(asked, truth=truth).id)
    live = part(opened(places, QUIET).get("/on-call/models/toy").text, "live")
    assert "a page was drawn of them" in live and "Of what can be read no window has labels." in live
