"""The numbers behind a verdict are read in a narrow tab: each picture fits beside Airflow's own panels, or scrolls."""

import re

import pytest

from plugins.run_story.numbers_part import numbers_part
from tests.run_story.kept import FINDINGS, evidence, told

TAB = 520


def test_a_picture_of_numbers_fits_into_a_narrow_tab_and_is_reached_by_the_keyboard_where_it_does_not(tmp_path):
    metrics = {who: {"roc_auc": [0.0081534, 0.0078861, 0.0228612]} for who in ("candidate", "champion", "naive")}
    verdict = {"candidate": "c" * 32, "model": "m", "headline": "Keep.", "reasons": [], "metrics": metrics}
    page = numbers_part(told(tmp_path, evidence("judge", notes={"verdict": verdict}), state="success"))
    [width] = re.findall(r'<svg [^>]*width="(\d+)"', page)
    assert int(width) <= TAB
    assert '<div class="scroll" tabindex="0" role="region" aria-label="ROC AUC"><svg' in page
    begins, *_ = re.findall(r'<text x="([\d.]+)"[^>]*class="note">0.008153 \[0.007886, 0.02286\]', page)
    # Twelve pixels high, a letter is 6.4 wide on average.
    assert float(begins) + 6.8 * len("0.008153 [0.007886, 0.02286]") <= int(width)


def test_a_picture_of_a_metric_says_which_direction_is_better(tmp_path):
    metrics = {"candidate": {name: [0.5, 0.4, 0.6] for name in ("log_loss", "roc_auc", "own_metric")}}
    verdict = {"candidate": "c" * 32, "model": "m", "headline": "Keep.", "reasons": [], "metrics": metrics}
    page = numbers_part(told(tmp_path, evidence("judge", notes={"verdict": verdict}), state="success"))
    told_of = re.findall(r"<figcaption>(.*?)</figcaption>", page)
    assert told_of == ["log loss, lower is better", "ROC AUC, higher is better", "own metric"]


@pytest.mark.parametrize("level", ["60 %", None], ids=["noted", "of before it was noted"])
def test_of_which_level_the_intervals_are_is_said_where_it_was_noted(tmp_path, level):
    noted = {"candidate": "c" * 32, "model": "m", "headline": "Keep.", "reasons": [], "metrics": {"candidate": {}}}
    noted |= {} if level is None else {"level": level}
    page = numbers_part(told(tmp_path, evidence("judge", notes={"verdict": noted}), state="success"))
    assert ("[low, high] and bars: 60 % intervals." in page) == (level is not None) == ("intervals" in page)


def test_that_nothing_moved_is_said_of_a_check_that_judged_something_and_of_no_other(tmp_path):
    fine, blind = FINDINGS, {**FINDINGS, "state": "UNKNOWN", "window": "2013-11-24..2013-12-01", "rows": 0}
    kept = [evidence("check", map_index=at, notes={"findings": one}) for at, one in enumerate((fine, blind))]
    page = numbers_part(told(tmp_path, *kept, state="success"))
    assert "2013-12-01 to 2013-12-07: OK</h3><p>3 rows, and nothing moved.</p>" in page
    assert (
        "2013-11-24 to 2013-11-30: UNKNOWN</h3><p>? Nothing was judged of 0 rows, so what moved is not known.</p>"
        in page
    )
