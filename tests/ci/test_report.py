"""The page says first whether it refuses, then why, and what the change reaches."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.chart import charts
from ci.compare import compare
from ci.live import Live
from ci.reach import NOTHING
from ci.report import MARKER, Against, render
from tests.ci.small_runs import GONE, REFUSED, RUN, TOLERANCES, changed

AGAINST = Against(
    "the known-good run", (Live("late_arrival", "late_arrival", 3), Live("cancellation", "cancellation", None))
)
DELAYS = "dbt_project/models/features/delays.sql"


def page(smoke: dict[str, Any], known: dict[str, Any] = RUN, extra: tuple[str, ...] = ()) -> str:
    found = compare(smoke, known, TOLERANCES)
    return render(smoke, known, found, TOLERANCES, against=AGAINST, extra=extra)


def later(minutes: float) -> dict[str, Any]:
    """The run after delays grew by `minutes`, as their SQL changed."""
    was = RUN["features"]["delay_mean_3h"]
    now = {**was, "mean": 10.0 + minutes, "quantiles": [one + minutes for one in was["quantiles"]]}
    run = changed("features", "delay_mean_3h", to=now)
    return changed(
        "inputs", "sql", DELAYS, to="d2", run=changed("stages", 1, "training_set", to="late/2013-11-01.cc", run=run)
    )


def line(text: str, start: str) -> str:
    (found,) = (one for one in text.splitlines() if one.startswith(start))
    return found


def test_the_verdict_comes_first() -> None:
    passes = "## ✅ Passes: no metric is worse than the known-good run beyond its tolerance"
    assert page(RUN).splitlines()[:3] == [MARKER, "", passes]
    refused = page(changed("features", "is_holiday", "true", to=0.9))
    assert refused.splitlines()[:3] == [MARKER, "", "## ❌ Refused: 1 finding against the known-good run"]


def test_a_refusal_gives_each_finding_its_code_its_sentence_and_the_next_step() -> None:
    smoke = changed("stages", 0, "metrics", "candidate", "log_loss", 0, to=0.5)
    smoke = changed("features", "is_holiday", "true", to=0.9, run=smoke)
    text = page(smoke)
    assert "2 findings against" in text
    for found in compare(smoke, RUN, TOLERANCES):
        assert f"- **`{found.code}`** {found.text} *{found.next_step}*" in text
    assert text.splitlines()[5].startswith("- **`compare.feature_moved`** The distribution of feature is_holiday moved")


def test_each_metric_has_its_interval_before_and_now() -> None:
    text = page(changed("stages", 1, "metrics", "candidate", "log_loss", to=[0.404, 0.385, 0.425]))
    assert "| 2013-10-01 | log_loss | 0.4000 [0.3800, 0.4200] | 0.4000 [0.3800, 0.4200] | +0.0000 | 0.006 |" in text
    assert "| 2013-11-01 | log_loss | 0.4000 [0.3800, 0.4200] | 0.4040 [0.3850, 0.4250] | +0.0040 | 0.006 |" in text
    assert text.count("| roc_auc | 0.7500 [0.7200, 0.7800] | 0.7500 [0.7200, 0.7800] |") == 2


def test_each_slice_has_its_metric_before_and_now_and_one_that_is_gone_is_missing() -> None:
    gone = changed("stages", 0, "slices", "origin", "LGA", to=GONE)
    text = page(changed("stages", 0, "slices", "origin", "EWR", "log_loss", to=0.415, run=gone))
    assert "| 2013-10-01 | origin EWR | 600 | 0.4100 | 0.4150 | 0.02 |" in text
    assert "| 2013-10-01 | origin LGA | 0 | 0.3800 | missing | 0.02 |" in text
    assert "| 2013-11-01 | origin JFK | 300 | 0.3900 | 0.3900 | 0.02 |" in text


@pytest.mark.parametrize("value", [None, [], [None, None, None]])
def test_a_missing_metric_is_called_missing(value: Any) -> None:
    text = page(changed("stages", 1, "metrics", "candidate", "log_loss", to=value))
    assert "| 2013-11-01 | log_loss | 0.4000 [0.3800, 0.4200] | missing |  | 0.006 |" in text
    assert "**`compare.metric_missing`**" in text


def test_a_metric_without_an_interval_is_shown_alone() -> None:
    text = page(changed("stages", 1, "metrics", "candidate", "log_loss", to=[0.404, None, None]))
    assert "| 0.4040 | +0.0040 |" in text


def test_a_feature_that_moved_is_named_with_both_charts() -> None:
    text = page(later(10.0))
    cells = [cell.strip() for cell in line(text, "| `delay_mean_3h`").strip("|").split("|")]
    assert cells == ["`delay_mean_3h`", "1.667", "██████▇▁▁▁", "▁▁▁▇██████", "10.00%", "10.00%"]
    assert "1 of 3 moved" in text
    assert "is_holiday" not in text.partition("### Features")[2].partition("### Rows")[0]


def test_the_feature_that_moved_most_comes_first_also_when_only_its_nulls_moved() -> None:
    text = page(changed("features", "is_holiday", "null_share", to=0.9, run=later(1.2)))
    assert text.index("| `is_holiday` | 0.000 |") < text.index("| `delay_mean_3h` | 0.200 |")
    assert "| 0.00% | 90.00% |" in text


def test_a_feature_that_came_or_went_is_named() -> None:
    run = changed("features", to={"is_holiday": RUN["features"]["is_holiday"], "is_night": {"null_share": 1.0}})
    text = page(run)
    assert "Added: `is_night`." in text
    assert "Gone: `delay_mean_3h`, `origin`." in text
    assert "None of 1 moved." in text


def test_rows_that_came_and_went_are_told_by_month() -> None:
    months = {"2013-08": [1500, 400], "2013-09": [1480, 350], "2013-10": [10, 1]}
    text = page(changed("stages", 0, "months", to=months))
    row = line(text, "| `late_arrival/2013-10-01.aaaaaaaaaaaa`")
    assert row.endswith("| 2013-09 ([1500, 350] → [1480, 350]), 2013-10 (0 → [10, 1]) |")
    assert line(text, "| `late_arrival/2013-11-01.bbbbbbbbbbbb`").endswith("| 0.2500 | 0.2500 | none |")


def test_changed_sql_is_listed_with_the_features_slices_and_models_that_it_reaches() -> None:
    text = page(later(0.1))
    assert line(text, "- sql:") == f"- sql: `{DELAYS}`: reaches 1 features (`delay_mean_3h`)"
    assert "Slices reached: none." in text
    assert "Models reached: late_arrival (champion: version 3), cancellation (no champion here)." in text
    spine = page(changed("inputs", "sql", "dbt_project/models/spine/spine.sql", to="s2"))
    assert "reaches 3 features (`delay_mean_3h`, `is_holiday`, `origin`)" in spine
    assert "Slices reached: `origin`." in spine


def test_a_sql_file_that_is_deleted_or_new_still_reaches_its_features() -> None:
    inputs = {"dbt_project/models/spine/spine.sql": "s1", "dbt_project/models/features/late.sql": "n1"}
    run = changed("lineage", to={"dbt_project/models/features/late.sql": ["is_holiday"]})
    text = page(changed("inputs", "sql", to=inputs, run=run))
    assert f"`{DELAYS}`: reaches 1 features (`delay_mean_3h`)" in text
    assert "`dbt_project/models/features/late.sql`: reaches 1 features (`is_holiday`)" in text


def test_a_change_that_is_no_sql_is_listed_under_its_kind_and_may_reach_every_model() -> None:
    text = page(changed("inputs", "tools", "duckdb", to="2.0.1", run=changed("inputs", "code", "training", to="t2")))
    assert "- code: `training`\n- tools: `duckdb`\n" in text
    assert "Slices reached: none." in text and "Models reached: late_arrival (champion: version 3), canc" in text


def test_a_change_of_the_comparison_itself_is_told_and_reaches_no_model() -> None:
    text = page(changed("inputs", "gate", "ci/compare.py", to="g2"))
    assert "- gate: `ci/compare.py`" in text and "Models reached: none." in text


def test_a_file_of_another_training_set_reaches_its_models_only() -> None:
    run = changed("inputs", "sql", "dbt_project/models/labels/other.sql", to="o1")
    run["sets"]["dbt_project/models/labels/other.sql"] = ["cancellation"]
    assert "Models reached: cancellation (no champion here)." in page(run)


def test_nothing_changed_says_so() -> None:
    text = page(RUN)
    assert NOTHING in text
    assert "The training sets are the same, cell by cell." in text
    assert "None of 3 moved." in text


def test_sets_that_were_not_trained_again_say_that_there_was_nothing_to_train() -> None:
    skipped = changed("stages", 1, "trained", to=False, run=changed("stages", 0, "trained", to=False))
    assert "there was nothing to train" in page(skipped)
    assert "there was nothing to train" not in page(changed("stages", 0, "trained", to=False))


def test_other_sets_that_pass_say_how_to_keep_them() -> None:
    text = page(later(0.1))
    assert text.splitlines()[2].startswith("## ✅ Passes")
    assert "`make accept`, and commit `ci/known_good.json`" in text


def test_a_smoke_run_that_stopped_still_gives_a_page() -> None:
    text = page(changed("inputs", "sql", DELAYS, to="d2", run=REFUSED))
    assert text.splitlines()[2] == "## ❌ Refused: 1 finding against the known-good run"
    assert "The smoke run stopped: Column load has 3 values above 100. *Look at loads.sql.*" in text
    assert f"`{DELAYS}`: reaches 1 features" in text
    assert "### Metrics" not in text


def test_more_lines_come_before_what_changed() -> None:
    text = page(RUN, extra=("### Rows, entity by entity", "", "3 came."))
    assert text.index("### Rows\n") < text.index("3 came.") < text.index("### What changed")


def test_a_page_that_is_no_gate_s_tells_and_neither_passes_nor_refuses() -> None:
    smoke, against = changed("features", "is_holiday", "true", to=0.9), Against("main", is_gate=False)
    told = render(smoke, RUN, compare(smoke, RUN, TOLERANCES), TOLERANCES, against=against)
    assert told.splitlines()[2] == "## Model impact of the change since main: 1 finding"
    same = render(RUN, RUN, [], TOLERANCES, against=against)
    assert same.splitlines()[2] == "## Model impact of the change since main: within every tolerance"


def test_a_page_without_live_models_says_none() -> None:
    smoke = later(0.1)
    assert "Models reached: none." in render(smoke, RUN, [], TOLERANCES, against=Against("main"))


def test_the_chart_of_shares_has_the_same_order_on_both_sides() -> None:
    before = {"null_share": 0.0, "shares": {"EWR": 0.6, "JFK": 0.3, "LGA": 0.1}}
    after = {"null_share": 0.0, "shares": {"JFK": 0.6, "EWR": 0.3, "SWF": 0.1}}
    assert charts(before, after) == ("█▆▄▁", "▆█▁▄")
    assert charts({"null_share": 0.0, "true": 0.0}, {"null_share": 0.0, "true": 1.0}) == ("█▁", "▁█")
    assert charts({"null_share": 1.0}, {"null_share": 1.0}) == ("", "")


@given(st.tuples(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6)))
def test_the_highest_bar_is_where_most_numbers_are(ends: tuple[float, float]) -> None:
    low, high = ends[0], ends[0] + ends[1]
    few, many = charts({"quantiles": [low] * 16 + [high] * 5}, {"quantiles": [low] * 5 + [high] * 16})
    assert (len(few), few[0], len(many), many[-1]) == (10, "█", 10, "█")


def test_a_chart_of_one_value_has_one_bar() -> None:
    constant = {"quantiles": [3.0] * 21}
    assert charts(constant, constant)[0].count("█") == 1
