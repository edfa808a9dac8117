"""The story of a replay tells every week, alert and verdict; what was not judged stands there as UNKNOWN."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from html import unescape
from xml.etree import ElementTree

import pytest

from artifacts import alerts
from artifacts.finding import Finding, Reason
from artifacts.findings import Findings, publish_findings
from artifacts.places import Places, read_places
from monitoring.alert_steps import Patience
from monitoring.alerts import take
from ops.replay.journal import Done, Training
from ops.replay.page import render
from ops.replay.story import Story
from ops.replay.tell import tell
from ops.replay.write import table_of
from tests.monitoring.found import FINE, MOVED, NO_ROWS, NOISY, found, of

HOSTILE = "<script>alert('x')</script>&\""
FOUND = "late_arrival/2013-12-01_2013-12-08.v3.0123456789ab"
KEPT = {
    "version": 4, "training_set": "late_arrival/2014-01-01.3f9a5b1c2d3e", "outcome": "keep",
    "said": "Keep version 3; version 4 is not promoted.", "reasons": [{"text": "Better by 0.002 [-0.001, 0.005]."}],
}  # fmt: skip
PROMISES = {3: {"holdout_log_loss": 0.38, "holdout_roc_auc": 0.76}}
PATIENCE = Patience(*5 * (datetime(2014, 1, 1) - datetime(2013, 12, 1),))
LOG_LOSS = Finding(
    "log_loss", None, "DRIFT", Reason("performance.worse", "log_loss is 0.52 [0.47, 0.57]."), 900,
    value=0.52, threshold=0.41, low=0.47, high=0.57, baseline="holdout",
)  # fmt: skip
UNSURE = replace(LOG_LOSS, state="UNKNOWN", reason=Reason("performance.uncertain", "log_loss is 0.42 [0.39, 0.45]."))


def done(day: int, *findings: Findings, **about: object) -> Done:
    given: dict[str, object] = {"champion": 3, "rows": 900, **about}
    ids = tuple(one.id for one in findings)
    return Done(f"2013-12-{day - 6:02}", f"2013-12-{day + 1:02}", findings=ids, **given)  # type: ignore[arg-type]


@pytest.fixture
def places(tmp_path) -> Places:
    return read_places({"PIPELINE_HOME": str(tmp_path)})


@pytest.fixture
def story(places: Places) -> Story:
    """A good week; one that drifted, as its labels say too; one in which nobody asked; one that was not looked at."""
    fine, moved = found(7, FINE, of(FINE, "carrier"), days=7), found(14, MOVED, of(FINE, "carrier"), days=7)
    blind, labelled = found(21, NO_ROWS, days=7), found(14, LOG_LOSS, days=7, truth=KEPT["training_set"])
    messages = []
    for one in (fine, moved, blind, labelled, found(28, FINE, days=7)):
        publish_findings(places.findings, one)
        events = alerts.change(places.alerts, one.model, one.id, lambda before, one=one: take(before, one, 3, PATIENCE))
        messages.append({"events": [_told(event) for event in events]})
    weeks = [
        done(7, fine),
        done(14, moved, asked_for_training=True, trainings=(Training("drift asked for it", KEPT),)),
        done(21, blind, labelled, red="What was asked could not be judged."),
        done(28),
    ]
    return tell(places, "late_arrival", weeks, promises=PROMISES, messages=messages, champion=3)


def _told(event) -> dict[str, object]:
    names = ("version", "kind", "key", "incident")
    return {"step": event.step, **{name: getattr(event.alert, name) for name in names}}


def picture(page: str, about: str) -> str:
    """The texts of the picture of that title, one behind another; the picture is well-formed."""
    [svg] = [one for one in re.findall(r"<svg.*?</svg>", page, re.DOTALL) if f"<title>{about}</title>" in one]
    return " | ".join(text.strip() for text in ElementTree.fromstring(svg).itertext() if text.strip())


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"(<[^>]*>)+", " ", page)).split())


def test_why_a_week_could_not_be_judged_is_told_once(story: Story) -> None:
    why = next(one.why for one in story.weeks if one.red)
    weeks = [replace(one, red=one.red and f"The window could not be judged: x: {why}") for one in story.weeks]
    told = words(render(replace(story, weeks=weeks)).partition("Week by week")[2].partition("<details")[0])
    assert f"was red. The window could not be judged: x: {why}" in told and told.count(why) == 1


def test_findings_that_reach_back_before_their_week_say_of_which_days_they_are(story: Story) -> None:
    first, *others = story.weeks
    assert "is of the days from" not in render(story)
    short = replace(first, start=first.start + timedelta(days=2))
    told = words(render(replace(story, weeks=[short, *others])))
    assert (
        f"What was found in {short.start:%m-%d} to {short.end - timedelta(days=1):%m-%d} is of the days from " in told
    )
    assert f"is of the days from {first.start:%m-%d} on." in told


def test_why_labels_could_not_be_judged_is_told_at_the_week_whose_end_was_red(story: Story) -> None:
    first, *others = story.weeks
    blind = replace(first, labelled="UNKNOWN", why_labelled="Brier is 0.4.", pages={"truth": FOUND})
    for red, at in ((f"{FOUND} could not be judged: Brier is 0.4.", "was red. "), ("late_arrival/y", "labels: ")):
        page = render(replace(story, weeks=[blind, *(replace(one, red=red if one.red else None) for one in others)]))
        told = words(page.partition("Week by week")[2].partition("<details")[0])
        assert told.count("Brier is 0.4.") == 1 and "Brier is 0.4." in told.partition(at)[2]


def test_a_week_that_was_not_judged_is_told_as_unknown_with_its_reason_and_never_left_blank(story: Story) -> None:
    assert [one.state for one in story.weeks] == ["OK", "DRIFT", "UNKNOWN", "UNKNOWN"]
    page = render(story)
    assert "4 weeks: 1 drifted, 2 could not be judged, 1 within noise" in page
    told = words(page)
    assert "12-15 to 12-21 No prediction was logged." in told
    assert "12-15 to 12-21 The DAG run at its end was red. What was asked could not be judged." in told
    assert "12-22 to 12-28 Nothing was found about this week." in told
    assert picture(page, "Champion, rows, state and candidates by week").count("UNKNOWN") == 2
    drift = picture(page, "Drift by feature and week, in thresholds")
    assert drift.split(" | ").count("?") == 2
    assert "Nothing was found about this week." in drift


def test_a_week_of_which_labels_say_otherwise_later_is_not_told_as_ok(places: Places) -> None:
    fine, labelled = found(7, FINE, days=7), found(7, LOG_LOSS, FINE, days=7, truth=KEPT["training_set"])
    for one in (fine, labelled):
        publish_findings(places.findings, one)
    story = tell(places, "late_arrival", [done(7, fine, labelled)], promises=PROMISES, messages=[], champion=3)
    assert (story.weeks[0].moved, story.weeks[0].labelled, story.weeks[0].state) == ("OK", "DRIFT", "DRIFT")
    page = render(story)
    assert "1 week: 1 drifted" in page
    assert "900 | OK | DRIFT" in picture(page, "Champion, rows, state and candidates by week")
    assert "log_loss is 0.52 [0.47, 0.57]." in words(
        page.partition("The page of each week")[2].partition("</table>")[0]
    )


def test_what_is_beyond_the_measure_is_told_as_over_it(places: Places) -> None:
    far = found(7, replace(MOVED, value=19.6), days=7)
    publish_findings(places.findings, far)
    story = tell(places, "late_arrival", [done(7, far)], promises=PROMISES, messages=[], champion=3)
    assert "▲ over 100\N{MULTIPLICATION SIGN}" in picture(render(story), "Drift by feature and week, in thresholds")


def test_within_noise_by_some_rules_while_others_could_not_be_judged_is_told_apart(places: Places) -> None:
    weeks = [found(7, MOVED, days=7), found(14, FINE, NOISY, days=7), found(21, FINE, days=7)]
    for one in weeks:
        publish_findings(places.findings, one)
    told = [done(one.end.day - 1, one) for one in weeks]
    page = render(tell(places, "late_arrival", told, promises=PROMISES, messages=[], champion=3))
    drawn = picture(page, "Drift by feature and week, in thresholds")
    assert [cell for cell in drawn.split(" | ") if cell.endswith("\N{MULTIPLICATION SIGN}")] == [
        "▲ 4.2\N{MULTIPLICATION SIGN}", "◐ 0.5\N{MULTIPLICATION SIGN}", "0.5\N{MULTIPLICATION SIGN}"
    ]  # fmt: skip
    assert "Within noise. Not judged: Jensen-Shannon against training. | ◐" in drawn


def test_each_week_leads_to_the_pages_of_what_was_asked_and_of_its_labels(story: Story) -> None:
    linked = re.findall(
        r'href="\.\./reports/late_arrival/([0-9-]+)_([0-9-]+)\.v3\.[0-9a-f]{12}/index\.html"', render(story)
    )
    ends = [end for _, end in linked]
    assert ends == ["2013-12-08", "2013-12-15", "2013-12-15", "2013-12-22"]


def test_a_week_without_labels_has_an_unknown_metric_and_says_why(story: Story) -> None:
    told = picture(render(story), "log loss by week")
    assert told.split(" | ").count("UNKNOWN") == 3
    assert "Its labels had not come when the replay ended." in told
    assert story.weeks[1].metrics["log_loss"].state == "DRIFT"
    assert story.weeks[1].metrics["roc_auc"].state == "UNKNOWN"


def test_a_metric_that_may_be_worse_or_not_is_shown_with_its_interval_as_unknown(places: Places) -> None:
    labelled = found(14, UNSURE, days=7, truth=KEPT["training_set"])
    publish_findings(places.findings, labelled)
    story = tell(places, "late_arrival", [done(14, labelled)], promises=PROMISES, messages=[], champion=3)
    metric = story.weeks[0].metrics["log_loss"]
    assert (metric.state, metric.value, metric.promised, metric.limit) == ("UNKNOWN", 0.52, 0.38, 0.41)
    assert picture(render(story), "log loss by week").endswith("log_loss is 0.42 [0.39, 0.45]. | ?")


def test_each_alert_is_told_with_its_opening_its_end_and_how_it_ended(story: Story) -> None:
    assert len(story.incidents) == 3
    page = render(story)
    rows = [words(row) for row in re.findall(r"<tr><td>.*?</tr>", page.partition("Alerts, opened")[2])]
    assert any("12-14" in row and "12-28 resolved" in row and "distance v3, no. 1" in row for row in rows)
    assert any("UNKNOWN" in row and "12-21" in row and "No prediction was logged." in row for row in rows)
    assert any("still open" in row and "log loss" in row for row in rows)
    assert "1 rule | resolved" in picture(page, "Alerts, from their first week to their last").replace("▲ ", "")


def test_each_verdict_is_told_with_why_it_was_due_and_why_it_fell_so(story: Story) -> None:
    told = words(render(story))
    for part in ("drift asked for it", "version 4", KEPT["said"], KEPT["reasons"][0]["text"], KEPT["training_set"]):
        assert part in told
    assert any(KEPT["said"] in line for line in table_of(story))


def test_the_table_has_a_line_for_each_week_and_tells_unknown_too(story: Story) -> None:
    lines = [line for line in table_of(story) if re.match(r"\d\d-\d\d to ", line)]
    assert [re.findall(r"OK|DRIFT|UNKNOWN", line)[0] for line in lines] == ["OK", "DRIFT", "UNKNOWN", "UNKNOWN"]
    assert "0.520 [0.470, 0.570] (0.380) DRIFT" in lines[1]


def test_what_comes_from_data_is_text_and_nothing_is_fetched(places: Places) -> None:
    bad = found(14, replace(of(MOVED, HOSTILE), reason=Reason("drift.psi", HOSTILE)), days=7)
    publish_findings(places.findings, bad)
    verdict = {**KEPT, "said": HOSTILE, "reasons": [{"text": HOSTILE}]}
    week = done(14, bad, trainings=(Training(HOSTILE, verdict),))
    page = render(tell(places, "late_arrival", [week], promises=PROMISES, messages=[], champion=3))
    assert "<script" not in page
    assert re.findall(r"src=|href=.{12}", page) == ['href="../reports/']
    assert HOSTILE in unescape(page)
    picture(page, "Drift by feature and week, in thresholds")


def test_the_same_story_gives_the_same_page(story: Story) -> None:
    assert render(story) == render(story)


def test_no_week_judged_at_all_is_no_empty_heat_map(places: Places) -> None:
    page = words(render(tell(places, "late_arrival", [done(7)], promises={3: {}}, messages=[], champion=3)))
    assert "? UNKNOWN No feature was held against a baseline in any week" in page
    assert date(2013, 12, 1).isoformat() in page


def test_what_ended_after_the_story_was_open_at_its_end(places: Places, story: Story) -> None:
    weeks = [Done("2013-12-01", "2013-12-08", 3, 900, ()), Done("2013-12-08", "2013-12-15", 3, 900, ())]
    part = tell(places, "late_arrival", weeks, promises=PROMISES, messages=[], champion=3)
    assert [one.alert.is_open for one in part.incidents] == [True, True]
    assert "open →" in picture(render(part), "Alerts, from their first week to their last")
