"""What a change does to the model, told from a real repository with two commits."""

import pytest

from ci.mutants.run import copy_tree
from tests.ci.test_smoke import run

FILE = "dbt_project/models/features/region_weather.sql"


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository with one commit, of the files of now."""
    tree = tmp_path_factory.mktemp("impact") / "tree"
    copy_tree(tree)
    return tree


@pytest.mark.slow
def test_an_edited_feature_is_told_with_its_rows_its_reach_and_the_models(repository, tmp_path):
    path = repository / FILE
    text = path.read_text()
    path.write_text(
        text.replace("min(visibility_miles) as visibility_miles", "max(visibility_miles) as visibility_miles")
    )
    code, said = run(repository, tmp_path, "impact", "--base", "main")
    path.write_text(text)
    assert code == 0, said
    assert "region_visibility_min_miles" in said and f"`{FILE}`: reaches 4 features" in said
    assert "0 came, 0 went," in said and "Models reached: late_arrival (no champion here)." in said
    assert not (repository / ".git" / "worktrees").exists() or not list((repository / ".git" / "worktrees").iterdir())


@pytest.mark.parametrize("verb", [("impact", "--base"), ("smoke", "--skip-known")], ids=lambda verb: verb[0])
def test_a_name_that_is_no_commit_is_refused_also_one_that_looks_like_an_option(repository, tmp_path, verb):
    for name in ("nosuch", "--upload-pack=touch x"):
        code, said = run(repository, tmp_path, verb[0], f"{verb[1]}={name}")
        assert code == 2 and "ci.no_commit" in said
