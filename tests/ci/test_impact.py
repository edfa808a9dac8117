"""What a change does to the model, told from a real repository with two commits."""

import re

import pytest

from ci.mutants.run import copy_tree
from tests.ci.test_smoke import run
from tests.docs import runbook

FILE = "dbt_project/models/features/region_weather.sql"
LABEL = "dbt_project/models/labels/label_late_arrival.sql"
FOUND = {
    "compare.feature_moved",
    "compare.label_moved",
    "compare.nulls_moved",
    "compare.regressed",
    "compare.rows_lost",
    "compare.rows_of_month",
    "compare.slice_missing",
    "compare.slice_regressed",
    "compare.too_few_rows",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository with one commit, of the files of now."""
    tree = tmp_path_factory.mktemp("impact") / "tree"
    copy_tree(tree)
    return tree


def edit(path, *changes):
    """Edit a file of SQL in place; what takes it back."""
    before = text = path.read_text()
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text)
    return lambda: path.write_text(before)


@pytest.mark.slow
def test_edited_features_and_labels_are_told_with_their_rows_their_reach_the_models_and_each_finding(
    repository, tmp_path
):
    """The sections of these findings in docs/runbook.md say to run this."""
    assert {one for code in FOUND for one in runbook.section(code).commands} == {"make impact BASE=main"}
    undo = [
        edit(
            repository / FILE,
            ("min(visibility_miles) as visibility_miles", "max(visibility_miles) as visibility_miles"),
            (
                "cast(latest.pressure_hpa as",
                "cast(case when latest.pressure_hpa not between 1018 and 1019 then latest.pressure_hpa end as",
            ),
        ),
        edit(
            repository / LABEL,
            (">= 15 as", ">= 15 or arrivals.arrival_delay_minutes between 3 and 9 as"),
            (
                "= arrivals.flight_id\n",
                "= arrivals.flight_id\n    where arrivals.known_at < timestamp '2013-07-01' "
                "or extract(minute from arrivals.known_at) >= 22\n",
            ),
        ),
    ]
    code, said = run(repository, tmp_path, "impact", "--base", "main")
    for take_back in undo:
        take_back()
    assert code == 0, said
    assert "region_visibility_min_miles" in said and f"`{FILE}`: reaches 4 features" in said
    assert "0 came, 5299 went," in said and "Models reached: late_arrival (no champion here)." in said
    assert set(re.findall(r"\*\*`(compare\.\w+)`", said)) == FOUND
    assert not (repository / ".git" / "worktrees").exists() or not list((repository / ".git" / "worktrees").iterdir())


@pytest.mark.parametrize("verb", [("impact", "--base"), ("smoke", "--skip-known")], ids=lambda verb: verb[0])
def test_a_name_that_is_no_commit_is_refused_also_one_that_looks_like_an_option(repository, tmp_path, verb):
    for name in ("nosuch", "--upload-pack=touch x"):
        code, said = run(repository, tmp_path, verb[0], f"{verb[1]}={name}")
        assert code == 2 and "ci.no_commit" in said
