"""The verdict's page says the outcome first, shows every number, and trusts no text."""

import re
from dataclasses import replace
from datetime import datetime
from html import unescape
from xml.etree import ElementTree

import pytest

from artifacts.verdict import CalibrationBin, Evidence, Verdict
from tests.training.test_judge_rules import GOOD, GUARD, NAIVE, RULES, SLICE, gained
from training.rules import decide
from training.verdict_page import render

CURVE = (CalibrationBin(0.1, 0.08, 500), CalibrationBin(0.4, 0.45, 500))


def page(evidence: Evidence, *, by_person: bool = False) -> str:
    outcome, reasons = decide(evidence, RULES)
    decided_at = datetime.fromisoformat("2013-11-02T06:00")
    verdict = Verdict("k" * 64, evidence, RULES.model_dump(mode="json"), outcome, reasons, decided_at, "a tester")
    return render(verdict, by_person=by_person)


def text(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", html)))


def test_the_outcome_comes_first_and_the_next_command_with_it() -> None:
    said = text(page(GOOD))
    assert said.index("Promote version 2.") < said.index("Log loss is better than version 1's by 0.00400")
    assert "python -m training promote --candidate run2" in said
    assert "2013-11-02 06:00:00 UTC by a tester" in said
    assert "28,000 of late/2013-11-01.bb" in said


def test_one_that_a_person_has_to_promote_is_given_the_command_that_names_the_person() -> None:
    by_name = "python -m training promote --candidate run2 --approved-by NAME --reason TEXT"
    assert by_name in text(page(GOOD, by_person=True)) and "--approved-by" not in text(page(GOOD))


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        (
            replace(GOOD, comparisons=(NAIVE, gained(GUARD, -0.1, -0.2, 0.0), SLICE, *GOOD.comparisons[1:2])),
            "Keep version 1",
        ),
        (replace(GOOD, champion=None, comparisons=(gained(NAIVE, 0.0, -1.0, 1.0),)), "There is still no champion"),
        (replace(GOOD, metrics={"candidate": {"roc_auc": NAIVE.gain}}), "Cannot judge version 2"),
    ],
)
def test_every_outcome_has_its_sentence(evidence: Evidence, sentence: str) -> None:
    assert sentence in text(page(evidence))


def test_every_comparison_has_a_picture_and_one_that_fails_is_marked_by_shape_too() -> None:
    html = page(replace(GOOD, comparisons=(*GOOD.comparisons[:3], gained(SLICE, -0.03, -0.04, -0.02))))
    assert html.count("held against") == 4
    assert html.count("<circle") == 3
    assert html.count("✗ does not hold") == 1


def test_a_difference_that_is_undefined_is_drawn_as_such() -> None:
    html = page(replace(GOOD, comparisons=(gained(NAIVE, None, None, None), *GOOD.comparisons[1:])))
    assert "undefined … undefined" in html


def test_the_page_is_whole_in_itself_and_runs_nothing() -> None:
    html = page(replace(GOOD, calibration={"candidate": CURVE, "champion": CURVE}))
    assert not re.search(r"<script|<link|src=|url\(|@import|https?://", html)
    for picture in re.findall(r"<svg.*?</svg>", html):
        ElementTree.fromstring(picture)


def test_a_category_with_markup_is_shown_and_not_obeyed() -> None:
    html = page(replace(GOOD, comparisons=(*GOOD.comparisons[:3], replace(SLICE, category="<img src=x>"))))
    assert "<img" not in html
    assert "&lt;img src=x&gt;" in html
