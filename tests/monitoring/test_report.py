"""The page says the verdict first, what moved before what did not, and never OK where nothing was judged."""

import math
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from html import unescape
from pathlib import Path

import pytest

from artifacts.errors import Missing
from artifacts.finding import SCORE, Distribution, Example, Finding, Reason
from artifacts.finding_ratio import TIMES
from artifacts.findings import CalibrationBin, Findings, publish_findings
from artifacts.places import REPOSITORY, Places, read_places
from monitoring.__main__ import build_parser
from monitoring.lines import write_lines
from monitoring.message import about
from monitoring.report import read_history, render, write_report
from monitoring.report.categories import draw
from monitoring.report.histogram import picture
from monitoring.report.label import NARROWEST, TICK, fitted, width
from monitoring.window import Window, parse_window
from tests.monitoring.found import BLIND, FINE, MOVED, NO_ROWS, NOISY, UNREAD, found, of

RUNBOOK = "docs/runbook.md"
YOUNG = replace(NO_ROWS, rule="baseline", baseline="served", required=False)
HOSTILE = "<script>alert('x')</script>&\""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return read_places({"PIPELINE_HOME": str(tmp_path)})


def page_after(places: Places, *windows: Findings) -> str:
    for one in windows:
        publish_findings(places.findings, one)
    path, _ = write_report(places, windows[-1].id, RUNBOOK)
    return path.read_text(encoding="utf-8")


def headline(page: str) -> str:
    [told] = re.findall(r"<h1.*?</h1>", page)
    return re.sub(r"<[^>]*>", "", told)


def row(page: str, name: str) -> str:
    """The cells of the first table row about a name, without tags."""
    [first, *_] = [one for one in re.findall(r"<tr><td>.*?</tr>", page) if f"<b>{name}</b>" in one]
    return re.sub(r"\s*(<[^>]*>)+", " ", first)


def steps(page: str) -> list[str]:
    """The lines of what is to be done."""
    [box] = re.findall(r'<p class="next">(.*?)</p>', page)
    return [unescape(re.sub("<[^>]*>", "", one)) for one in box.split("<br>")]


def bins(feature: str = "distance", now: tuple[int, ...] = (0, 6, 3, 1)) -> Distribution:
    return Distribution(feature, "training", (0.0, 1.0, 2.0), None, (0, 5, 3, 0), now, 2, 0)


@pytest.mark.parametrize("truth", [None, "late_arrival/2014-01-01.3f9a5b1c2d3e"])
def test_to_check_again_is_to_check_the_same_window_to_the_minute(places: Places, truth: str | None) -> None:
    made = replace(found(7, FINE, truth=truth), start=datetime(2013, 12, 1, 6, 5), end=datetime(2013, 12, 8, 18, 0))
    commands = re.findall(r"python -m (monitoring check [^<]*)<", unescape(page_after(places, made)))
    assert len(commands) == (1 if truth else 2)
    for one in commands:
        window = build_parser().parse_args(shlex.split(one)[1:]).window
        assert parse_window(window) == Window(made.start, made.end)


def test_a_drift_is_told_first_with_how_far_since_when_on_how_many_rows_and_the_next_command(places: Places) -> None:
    page = page_after(places, found(7, FINE), found(14, MOVED, of(FINE, "carrier")))
    assert headline(page) == "▲DRIFT: distance moved"
    assert page.index("DRIFT: distance moved") < page.index("python -m monitoring alerts --model late_arrival")
    told = row(page, "distance")
    assert "PSI against training" in told
    for part in ("0.42", "threshold 0.1", "4.2", "2013-12-14", "900", "drift.psi"):
        assert part in told
    assert "version 3" in page


def test_since_is_the_first_window_after_the_last_good_one_whatever_was_unknown_between(places: Places) -> None:
    page = page_after(places, found(1, FINE), found(2, BLIND), found(3, MOVED), found(4, BLIND), found(5, MOVED))
    assert "2013-12-03 not yet in that to 2013-12-01" in row(page, "distance")
    assert "<dt>Seen first in the window to</dt><dd>2013-12-03</dd>" in page


def test_what_moved_in_the_first_window_is_not_said_to_have_been_good_before(places: Places) -> None:
    page = page_after(places, found(2, BLIND), found(3, MOVED))
    assert "2013-12-03 none before it here was OK" in row(page, "distance")


def test_since_is_told_by_the_checks_that_alerts_take_it_from(places: Places) -> None:
    by_labels = [found(day, one, truth=TRUTH) for day, one in ((1, FINE), (2, MOVED), (4, FINE))]
    assert "2013-12-03 none before it here was OK" in row(page_after(places, *by_labels, found(3, MOVED)), "distance")
    assert "2013-12-03 none before it here was OK" in row(page_after(places, found(5, MOVED)), "distance")


def test_since_of_a_metric_or_a_slice_is_its_own(places: Places) -> None:
    loss = replace(MOVED, rule="log_loss", feature=None, baseline="holdout")
    late, early, brier = replace(loss, part="carrier=UA"), replace(loss, part="origin=JFK"), replace(loss, rule="brier")
    page_after(places, found(7, early, replace(late, state="OK", value=0.1), days=7, truth=TRUTH))
    page = page_after(places, found(14, early, late, brier, days=7, truth=TRUTH))
    named = ("log loss of origin=JFK", "log loss of carrier=UA", "Brier score")
    since = [re.findall(r"2013-12-\d\d", row(page, name)) for name in named]
    assert since == [["2013-12-07"], ["2013-12-14", "2013-12-07"], ["2013-12-14"]]
    assert headline(page) == "▲DRIFT: Brier score, log loss of carrier=UA and log loss of origin=JFK moved"


def test_what_may_have_begun_in_the_good_window_that_overlaps_is_told_by_both_windows(places: Places) -> None:
    page = page_after(places, found(8, FINE, days=7), found(9, MOVED, days=7))
    assert "2013-12-09 not yet in that to 2013-12-08" in row(page, "distance")


def test_a_headline_names_each_of_a_few_that_moved_and_a_metric_by_its_own_name(places: Places) -> None:
    worse = replace(MOVED, rule="log_loss", feature=None, baseline="holdout", value=0.12, threshold=0.1)
    page = page_after(places, found(7, MOVED, worse, truth="late_arrival/2014-01-01.3f9a5b1c2d3e"))
    assert headline(page) == "▲DRIFT: distance and log loss moved"
    assert "Moved: <b>distance</b> (4.2\N{MULTIPLICATION SIGN} its threshold), <b>log loss</b> (1.2" in unescape(page)
    page = page_after(places, found(14, *(of(MOVED, name) for name in "abcd")))
    assert headline(page) == "▲DRIFT: a and 3 more moved"


def test_by_skew_nothing_moved_and_of_a_threshold_of_0_there_is_no_ratio(places: Places) -> None:
    unequal = Reason("skew.unequal", "3 of 900 rows.")
    skew = replace(MOVED, rule="skew", baseline="truth", value=0.02, threshold=0.0, reason=unequal)
    page = page_after(places, found(7, of(skew, "carrier"), truth=TRUTH))
    assert headline(page) == "▲DRIFT: carrier differs from what dbt computes"
    assert "Differs from what dbt computes: <b>carrier</b>." in page
    assert "<h2>What moved" not in page and "What differs from what dbt computes</h2>" in page
    page = page_after(places, found(14, MOVED, skew, of(skew, "carrier"), truth=TRUTH))
    assert headline(page) == "▲DRIFT: distance moved; carrier and distance differ from what dbt computes"
    assert [TIMES in row(page, name) for name in ("distance", "carrier")] == [True, False]
    assert about(skew) == "distance differs from what dbt computes"
    assert about(replace(skew, state="UNKNOWN")) == "distance, skew against the training set"


def test_what_moved_stands_before_what_did_not(places: Places) -> None:
    near = replace(of(MOVED, "b_near"), value=0.2)
    page = page_after(places, found(2, of(FINE, "a_fine"), near, of(BLIND, "c_blind"), of(MOVED, "d_far")))
    names = [re.sub(r"<[^>]*>", "", one) for one in re.findall(r"<h[34]>.*?</h[34]>", page)]
    assert names == ["▲DRIFT d_far", "▲DRIFT b_near", "?UNKNOWN c_blind", "Within noise: 1", "✓OK a_fine"]


@pytest.mark.parametrize(
    ("findings", "why"),
    [
        ((NO_ROWS,), "No prediction was logged."),
        ((FINE, of(BLIND, "carrier")), "distance has no value in the window."),
        ((YOUNG,), "No rule was asked of this window"),
        ((), "No rule was asked of this window"),
    ],
)
def test_what_cannot_be_judged_is_never_told_as_ok_and_says_why(
    places: Places, findings: tuple[Finding, ...], why: str
) -> None:
    page = page_after(places, found(2, *findings))
    assert headline(page) == "?UNKNOWN: Cannot judge whether anything moved"
    assert '<h1 class="UNKNOWN">' in page
    assert why in page
    assert "Nothing moved" not in page
    assert "are within their thresholds" not in page


MAKE = "python -m training baseline --run 3f9a"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (
            Reason.with_step("log.damaged", "Segment a.seg ends.", "Restore it & more."),
            ["To mend what stands above: Restore it & more."],
        ),
        (
            Reason.with_step("baseline.missing", "Version 3 has none.", f"Make it: {MAKE}"),
            ["To mend what stands above: Make it:", MAKE],
        ),
    ],
)
def test_what_mends_it_is_the_first_that_is_to_be_done_and_is_told_once(
    places: Places, reason: Reason, told: list[str]
) -> None:
    page = page_after(places, found(2, FINE, of(BLIND, "carrier"), replace(UNREAD, reason=reason)))
    said = steps(page)
    assert said[: len(told)] == told
    assert said[-1] == "python -m monitoring alerts --model late_arrival"
    [lead] = re.findall(r'<p class="lead">(.*?)</p>', page)
    assert unescape(lead).endswith(f"</b>. {reason.what}")


def test_why_rows_differ_stands_at_the_top_with_what_is_to_be_done(places: Places) -> None:
    step = f"{TRUTH} was made by other SQL than set/1: routes. Where it was a trial, delete its folder & check again."
    reason = Reason.with_step("skew.unequal", "3 of 900 rows differ.", step)
    skew = replace(MOVED, rule="skew", baseline="truth", value=0.02, threshold=0.0, reason=reason)
    page = page_after(places, found(7, *(of(skew, name) for name in ("carrier", "dest")), truth=TRUTH))
    assert steps(page)[0] == f"Why it differs, and what to do: {step}"
    assert len(steps(page)) == 3, "one step for all that differ, then what is open"


@pytest.mark.parametrize("state", [FINE, MOVED, BLIND], ids=["OK", "DRIFT", "UNKNOWN"])
def test_alerts_that_were_lost_are_told_at_the_top_and_not_folded_away(places: Places, state: Finding) -> None:
    take = "python -m monitoring update --findings late_arrival/a"
    lost = Reason.with_step("alerts.lost", "Which days are an incident's is not known.", f"Restore them: {take}")
    page = page_after(places, found(2, state, replace(YOUNG, reason=lost)))
    assert steps(page)[:2] == ["To mend what stands above: Restore them:", take]
    assert steps(page)[-1] == "python -m monitoring alerts --model late_arrival"
    [lead] = re.findall(r'<p class="lead">(.*?)</p>', page)
    assert unescape(lead).endswith(lost.what)
    assert "<details><summary>" not in page.partition("<h2>Over time")[0] and "Nothing to do" not in page
    assert lost.what in unescape(row(page, "the window"))


def test_rows_of_a_log_that_cannot_be_read_are_not_told_as_none(places: Places) -> None:
    page = page_after(places, replace(found(2, UNREAD), rows=0))
    assert "<dt>Rows</dt><dd>could not be counted</dd>" in page
    assert "<dt>Rows</dt><dd>could not be counted: the log could not be read</dd>" in page
    assert " 0 " not in row(page, "the window")
    assert "<dt>Rows</dt><dd>0</dd>" in page_after(places, replace(found(3, NO_ROWS), rows=0))


def test_a_metric_that_cannot_be_judged_is_named_and_not_called_the_window(places: Places) -> None:
    brier = Finding("brier", None, "UNKNOWN", Reason("performance.uncertain", "Or not."), 900, baseline="holdout")
    page = page_after(places, found(7, FINE, brier))
    assert "Not judged: <b>Brier score</b>. Or not." in page
    assert "the window" not in row(page, "Brier score")
    assert about(brier) == "Brier score against its holdout"
    assert (about(NO_ROWS), about(of(MOVED, SCORE))) == ("the window, predictions", "the score, psi against training")


def test_a_feature_that_cannot_be_judged_stands_among_the_loud_ones_beside_a_drift(places: Places) -> None:
    page = page_after(places, found(2, MOVED, of(BLIND, "carrier")))
    assert headline(page) == "▲DRIFT: distance moved"
    assert "Not judged: <b>carrier</b>" in page
    assert '<section class="wide UNKNOWN"><h3><span class="state UNKNOWN">' in page
    assert 'class="state OK"' not in page


def test_a_quiet_window_says_so_and_what_does_not_count_is_shown_all_the_same(places: Places) -> None:
    page = page_after(places, found(2, FINE, YOUNG))
    assert headline(page) == "✓OK: Nothing moved beyond noise"
    assert "rules that could be judged are within their thresholds" in page
    assert "(does not count)" in page.partition("<details><summary>1 rule could not be judged and need not be")[2]


def test_text_from_data_is_escaped_wherever_it_stands(places: Places) -> None:
    moved = replace(of(MOVED, HOSTILE), reason=Reason("drift.psi", HOSTILE))
    blind = replace(of(BLIND, HOSTILE), baseline="served", reason=Reason(HOSTILE, HOSTILE))
    skew = replace(moved, rule="skew", baseline="truth", examples=(Example(HOSTILE, HOSTILE, HOSTILE),))
    loss = replace(moved, rule="log_loss", feature=None, part=HOSTILE, baseline="holdout")
    kinds = Distribution(HOSTILE, "training", None, (HOSTILE,), (5, 0), (3, 2), 0, 0)
    made = replace(
        found(2, moved, blind, skew, loss, truth=HOSTILE),
        distributions=(kinds, bins(SCORE)), training_set=HOSTILE, other_versions={HOSTILE: 3},
    )  # fmt: skip
    page = page_after(places, made)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "alert('x')" not in page


def test_the_page_is_whole_in_itself(places: Places) -> None:
    page = page_after(places, replace(found(2, MOVED), distributions=(bins(),)))
    assert re.findall(r"(?:src|href|url|@import)\s*[=(]", page) == []
    assert "default-src 'none'" in page


def test_a_distribution_shows_both_sides_and_what_is_beyond_the_baseline(places: Places) -> None:
    page = page_after(places, replace(found(2, MOVED), distributions=(bins(),)))
    [picture] = re.findall(r"<svg[^>]*><title>distance: training baseline.*?</svg>", page)
    heights = [float(one) for one in re.findall(r'<rect [^>]*height="([\d.]+)"', picture)]
    assert [round(one / heights[0], 2) for one in heights] == [1.0, 0.6, 0.0]
    assert re.findall(r'class="tick">([^<]*)</text>', picture)[1:] == ["1", "2", "&gt; 2"]
    assert "<b>nulls 20.0 % → 0 %</b> · rows 10 → 10" in page


def test_a_share_that_is_0_for_many_rows_has_no_bar_of_more_than_all_and_no_label_that_nobody_knows(
    places: Places,
) -> None:
    edges = (math.nextafter(0, -math.inf), 0.0, *(at / 40 for at in range(1, 41)))
    counts = (0, 572, *[10] * 39, 38, 0)
    about = Distribution("share", "training", edges, None, counts, counts, 0, 0)
    [top, *labels] = re.findall(r'class="tick">([^<]*)</text>', picture(about))
    assert top == "58.6 %"
    assert labels[0] == "0"
    below = replace(about, baseline_counts=(50, *counts[1:]))
    assert re.findall(r'class="tick">([^<]*)</text>', picture(below))[1] == "&lt; 0"


@pytest.mark.parametrize(
    ("between", "labels"), [(0, ["1", "14"]), (3, ["1", "&lt; 14", "14"])], ids=["nothing", "something"]
)
def test_what_lies_just_below_a_common_value_is_drawn_where_something_does(between: int, labels: list[str]) -> None:
    edges = (math.nextafter(1.0, 0.0), 1.0, math.nextafter(14.0, 0.0), 14.0)
    about = Distribution("distance", "training", edges, None, (0, 2, 0, 40, 0), (0, 2, between, 40, 0), 0, 0)
    assert re.findall(r'class="tick">([^<]*)</text>', picture(about))[1:] == labels


def test_categories_that_training_never_saw_have_a_row(places: Places) -> None:
    kinds = Distribution("distance", "training", None, ("AA", "UA"), (6, 4, 0), (6, 2, 2), 0, 0)
    page = page_after(places, replace(found(2, MOVED), distributions=(kinds,)))
    assert "never seen: 0 % → 20.0 %" in page
    assert "UA: 40.0 % → 20.0 %" in page


def test_what_was_held_against_labels_has_its_tables_and_without_them_the_command_stands_there(places: Places) -> None:
    skew = replace(MOVED, rule="skew", baseline="truth", examples=(Example("UA 1545", "3.5", "null"),))
    worse = replace(MOVED, rule="log_loss", feature=None, baseline="holdout", part="origin=JFK")
    told = replace(
        found(2, skew, worse, truth="late_arrival/2014-01-01.aa"), calibration=(CalibrationBin(0.2, 0.3, 90),)
    )
    with_truth = page_after(places, told)
    assert "90 rows: score 20.0 %, came true 30.0 %" in with_truth
    assert "<code>UA 1545</code> 3.5 ≠ null" in with_truth
    assert "origin=JFK" in with_truth
    without = page_after(places, found(2, FINE))
    assert "--training-set NAME/VERSION" in without
    assert "<h2>Performance" not in without


KEPT = Finding(
    "log_loss", None, "OK", Reason("performance.kept", "It kept its promise."), 900, 0, 0.41, 0.45,
    baseline="holdout", low=0.39, high=0.43, promise=0.42,
)  # fmt: skip
WORSE = replace(KEPT, state="DRIFT", value=0.5, low=0.47, high=0.53)
UNMEASURED = replace(KEPT, state="UNKNOWN", value=None, threshold=None, low=None, high=None, promise=None)
TRUTH = "late_arrival/2014-01-01.3f9a5b1c2d3e"


def test_a_metric_is_drawn_by_window_with_its_interval_against_what_was_promised(places: Places) -> None:
    weeks = [found(day, one, days=7, truth=TRUTH) for day, one in [(7, KEPT), (14, UNMEASURED), (21, WORSE)]]
    page = page_after(places, *weeks)
    [drawn] = re.findall(r"<svg[^>]*><title>log loss over 3 windows.*?</svg>", page)
    assert (drawn.count("<circle"), drawn.count(">?</text>"), drawn.count('fill="#C04A00"')) == (1, 1, 1)
    assert drawn.count('stroke-width="1.6"') == 2
    assert [told in drawn for told in ("promise 0.42", "allowed 0.45", "12-07", "window to 12-21")] == [True] * 4
    assert "ROC AUC over" not in page


def test_a_window_of_several_weeks_has_the_mark_of_its_worst_one_and_says_so(places: Places) -> None:
    week = replace(KEPT, state="UNKNOWN", value=0.48)
    numbers = {"2013-12-01": 0.47, "2013-12-08": 0.61, "2013-12-15": 0.46}
    weeks = [
        replace(week, part=part, value=value, high=0.62, reason=Reason("performance.uncertain", f"It is {value}."))
        for part, value in numbers.items()
    ]
    page = page_after(places, found(21, *weeks, days=21, truth=TRUTH))
    [drawn] = re.findall(r"<svg[^>]*><title>log loss over 1 window.*?</svg>", page)
    assert re.findall(r"It is [\d.]+\d", drawn) == ["It is 0.61"]
    assert '<span class="part">the week from 2013-12-08</span>' in page
    assert about(weeks[0]) == "log loss against its holdout, the week from 2013-12-01"
    said = "The mark of a window of several weeks is that of its worst week"
    assert said in page
    assert said not in page_after(places, found(7, KEPT, days=7, truth=TRUTH))


def test_what_labels_showed_before_is_drawn_also_where_this_window_has_none_yet(places: Places) -> None:
    page = page_after(places, found(7, KEPT, days=7, truth=TRUTH), found(14, FINE, days=7))
    assert "log loss over 2 windows" in page


def test_earlier_windows_of_the_same_version_and_length_are_drawn_and_no_others(places: Places) -> None:
    for other in (found(2, MOVED, version=2), found(2, MOVED, days=2), found(9, MOVED)):
        publish_findings(places.findings, other)
    page = page_after(places, found(3, FINE), found(4, NO_ROWS), found(5, MOVED))
    assert "The last 3 windows" in page
    [drawn] = re.findall(r"<svg[^>]*><title>distance: drift over 3 windows.*?</svg>", page)
    assert (drawn.count("<circle"), drawn.count(">?</text>"), drawn.count("Z")) == (1, 1, 1)


def test_a_baseline_that_was_not_asked_in_a_window_is_no_question_there(places: Places) -> None:
    served = replace(MOVED, baseline="served", value=0.9)
    page = page_after(places, found(2, FINE, of(BLIND, "carrier")), found(3, FINE, served))
    [drawn] = re.findall(r"<svg[^>]*><title>distance: drift over 2 windows.*?</svg>", page)
    assert (drawn.count("<circle"), drawn.count(">?</text>"), drawn.count("Z")) == (0, 0, 1)


def test_over_time_a_feature_that_is_drift_by_skew_alone_is_none_of_those_that_were_ok(places: Places) -> None:
    skew = replace(of(MOVED, "carrier"), rule="skew", baseline="truth")
    page = page_after(places, found(3, FINE, of(FINE, "carrier"), skew, truth=TRUTH))
    [grid] = re.findall(r"<svg[^>]*><title>States over.*?</p>", page)
    assert (">carrier<" in grid, ">distance<" in grid, grid.count("Z")) == (True, False, 2)
    assert "1 other was OK in every window" in grid


def test_what_is_ok_by_some_rules_while_others_could_not_be_judged_is_told_apart(places: Places) -> None:
    other = [of(one, "carrier") for one in (FINE, NOISY)]
    page = page_after(places, found(2, MOVED, *other), found(3, FINE), found(4, FINE, NOISY, *other))
    [grid, note] = re.findall(r"<svg[^>]*><title>States over.*?</svg>|<p class=\"note\">1 other.*?</p>", page)
    assert (grid.count("<circle"), grid.count("A4.6")) == (4, 1)
    assert "1 other was OK in every window that judged them, 1 of them by some rules only in one or more." in note
    [line] = re.findall(r"<svg[^>]*><title>distance: drift over 3 windows.*?</svg>", page)
    assert (line.count("<circle"), line.count("A4.6")) == (2, 1)
    assert ">not judged: Jensen-Shannon against training</p>" in page
    said = '<span class="state OK"><span class="shape">◐</span>OK by some rules</span>'
    whole = page_after(places, found(5, FINE))
    assert said in page and said not in whole and ">not judged" not in whole


def test_an_earlier_window_that_is_damaged_is_told_and_taken_for_unknown(places: Places) -> None:
    damaged = found(3, FINE)
    publish_findings(places.findings, damaged)
    (Path(places.findings) / damaged.id / "findings.json").write_text("{}")
    page = page_after(places, found(4, FINE))
    assert "Not all of them could be read" in page
    assert damaged.id in page
    assert [one.state for one in read_history(places.findings, found(4, FINE)).windows] == ["UNKNOWN", "OK"]


def test_earlier_windows_whose_findings_are_gone_are_named(places: Places) -> None:
    for gone in (found(2, MOVED), found(3, MOVED)):
        page_after(places, gone)
        shutil.rmtree(Path(places.findings) / gone.id)
    page = page_after(places, found(4, FINE))
    over_time = page.partition("<h2>Over time")[2].partition("<h2>")[0]
    assert "first window of this version" not in page and "There is no other window of its length here." in over_time
    each = re.findall(r"<li>What was found in the window ([0-9-]+) is gone", over_time)
    assert each == ["2013-12-03", "2013-12-02"]
    assert "is gone" not in page_after(places, found(2, MOVED), found(3, MOVED), found(4, FINE))


def test_where_it_cannot_be_read_which_windows_are_gone_the_page_says_so(places: Places) -> None:
    (places.home / "alerts.db").write_bytes(b"no database")
    broken = places.model_copy(update={"alerts": f"sqlite:///{places.home}/alerts.db"})
    page = page_after(broken, found(4, FINE))
    assert "<li>Whether findings of earlier windows are gone is not known." in page
    assert "first window of this version" not in page


def test_the_same_findings_after_the_same_ones_give_the_same_bytes(places: Places) -> None:
    before, now = found(2, MOVED), replace(found(3, MOVED, of(FINE, "b"), of(FINE, "a")), distributions=(bins(),))
    first = page_after(places, before, now)
    assert page_after(places, before, now) == first
    assert render(now, read_history(places.findings, now), RUNBOOK) == first


def test_windows_of_two_years_are_told_with_their_year_and_those_of_one_without(places: Places) -> None:
    of_one = page_after(places, found(2, MOVED), found(3, MOVED))
    assert ">12-02<" in of_one and ">window to 12-03<" in of_one
    of_two = page_after(places, found(40, MOVED))
    assert ">12-02<" not in of_two and ">2013-12-02<" in of_two and ">window to 2014-01-09<" in of_two


def test_findings_that_are_not_there_make_no_page(places: Places) -> None:
    with pytest.raises(Missing):
        write_report(places, found(2, FINE).id, RUNBOOK)
    assert not (places.home / "reports").exists()


STOPPED = """
import os, sys
from pathlib import Path
from artifacts.places import read_places
from monitoring.report import write_report
def stop(descriptor):
    print("staged", flush=True)
    sys.stdin.read()
os.fsync = stop
write_report(read_places({"PIPELINE_HOME": sys.argv[1]}), sys.argv[2], "docs/runbook.md")
"""


@pytest.mark.parametrize("before", [None, "the page of before"])
def test_a_kill_while_writing_leaves_the_page_of_before_or_none(places: Places, before: str | None) -> None:
    made = found(2, MOVED)
    publish_findings(places.findings, made)
    page = places.home / "reports" / made.id / "index.html"
    if before:
        page.parent.mkdir(parents=True)
        page.write_text(before)
    command = [sys.executable, "-c", STOPPED, str(places.home), made.id]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ}
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "staged\n"
        writer.send_signal(signal.SIGKILL)
    assert (page.read_text() if page.exists() else None) == before
    write_report(places, made.id, RUNBOOK)
    assert page.read_text().endswith("</html>\n")


def test_whoever_reads_the_page_of_before_reads_it_to_its_end(places: Places) -> None:
    before = page_after(places, found(3, FINE))
    with (places.home / "reports" / found(3, FINE).id / "index.html").open() as reader:
        assert page_after(places, found(2, MOVED), found(3, FINE)) != before
        assert reader.read() == before


def test_a_window_of_hours_names_its_end(places: Places) -> None:
    hours = replace(found(2, FINE), end=datetime(2013, 12, 2, 6))
    assert "2013-12-02 to 2013-12-02 06:00 (UTC)" in page_after(places, hours)


LONG = ("carrier_origin_arrival_delay_mean_28d", "carrier_origin_hour_arrival_delay_mean_28d")


def test_names_that_differ_in_their_midst_or_at_their_ends_are_told_apart_and_stay_in_their_room(
    places: Places,
) -> None:
    page = page_after(places, found(2, *(of(MOVED, name) for name in LONG)))
    [grid] = re.findall(r"<svg[^>]*><title>States over.*?</svg>", page)
    for name in LONG:
        assert re.search(rf'textLength="256" [^>]*>{name}<title>', grid)
    assert fitted("origin_delay_mean", 256, "") == '<text  class="row">origin_delay_mean</text>'
    cut = re.findall(r">([^<]*)<title>", fitted(f"first_{'x' * 90}_last", 100, ""))[0]
    assert (cut[:6], cut[-5:], "…" in cut, width(cut, TICK) * NARROWEST <= 100) == ("first_", "_last", True, True)


def test_a_label_is_never_wider_than_the_picture(places: Places) -> None:
    kinds = Distribution("carrier", "training", None, ("ENDEAVOR AIRLINES", "UA"), (999, 1, 0), (999, 1, 0), 0, 0)
    for x, room in re.findall(r'<text x="([\d.]+)" y="[\d.]+" textLength="([\d.]+)"', draw(kinds)):
        assert float(x) + float(room) <= 330
    assert 'textLength="92"' in draw(kinds)


def test_a_reason_that_stands_behind_much_that_moved_is_told_in_a_sentence_all_the_same() -> None:
    none = [
        Finding(rule, None, "UNKNOWN", Reason("labels.none", f"No labels came: no {rule}."), 0, baseline="holdout")
        for rule in ("brier", "log_loss")
    ]
    lines = write_lines(found(7, *(of(MOVED, f"feature_{number}") for number in range(30)), *none))
    assert [line for line in lines if "drift.psi: 10 more" in line]
    assert [line.split(": ", 1)[1] for line in lines if "labels.none" in line] == [
        "No labels came: no brier.",
        "1 more",
    ]
