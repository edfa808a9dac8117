"""The mutation study: every mutant still fits the files, and what CI misses is counted against it."""

import subprocess

import pytest

from artifacts.errors import BadInput, CannotJudge
from ci.mutants.catalogue import Edit, Mutant, read_catalogue
from ci.mutants.run import TESTS, Outcome, _refuse_trouble, copy_tree, run_mutant
from ci.mutants.study import choose, exit_code, lines

MUTANTS = read_catalogue()
WANTED = {
    "aggregation", "time", "join", "rows", "unit", "window", "nulls", "label", "split",
    "leak", "constant", "categories", "seed", "gate", "config",
}  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    place = tmp_path_factory.mktemp("mutants") / "tree"
    copy_tree(place)
    return place


def test_the_copy_has_a_commit_since_tests_train_again_with_the_code_of_one(tree):
    told = subprocess.run(["git", "show", "--stat", "HEAD"], cwd=tree, capture_output=True, text=True, check=True)
    assert "training/reproduce.py" in told.stdout


def outcomes(caught, survived):
    one = MUTANTS[0]
    return [Outcome(one, "make smoke", "why", 1.0)] * caught + [Outcome(one, None, "every verb passed", 1.0)] * survived


def test_there_are_at_least_forty_and_of_every_kind():
    assert len(MUTANTS) >= 40
    assert {mutant.kind for mutant in MUTANTS} >= WANTED


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_each_fits_the_files_of_now_and_its_rooms_have_tests(mutant, tree):
    before = {edit.file: (tree / edit.file).read_text() for edit in mutant.edits}
    mutant.apply(tree)
    assert all((tree / file).read_text() != text for file, text in before.items())
    assert set(mutant.rooms) <= set(TESTS)
    for file, text in before.items():
        (tree / file).write_text(text)


def test_an_edit_of_what_is_no_longer_there_is_refused(tree):
    mutant = Mutant(id="gone", kind="time", says="x", edits=(Edit(file="ci/plan.py", old="nosuchtext", new=""),))
    with pytest.raises(BadInput, match=r"0 times in ci/plan\.py"):
        mutant.apply(tree)


def test_an_edit_outside_the_project_is_no_mutant():
    with pytest.raises(ValueError, match="pattern"):
        Edit(file="../plan.py", old="a", new="b")


def test_a_subset_is_chosen_by_id_or_kind_and_an_unknown_one_is_refused():
    assert [one.id for one in choose(MUTANTS, ["stumps"], [])] == ["stumps"]
    assert {one.kind for one in choose(MUTANTS, [], ["label"])} == {"label"}
    with pytest.raises(BadInput, match="nosuch"):
        choose(MUTANTS, ["nosuch"], [])


def test_the_study_fails_below_ninety_five_percent_and_of_nothing():
    assert exit_code(outcomes(95, 5)) == 0
    assert exit_code(outcomes(94, 6)) == 3
    assert exit_code([]) == 3


def test_the_page_names_the_survivors_and_who_caught_the_others():
    page = "\n".join(lines(outcomes(1, 1)))
    assert "1 of 2 caught (50%)" in page and "**survived**" in page and "| make smoke | why |" in page
    assert f"{len(MUTANTS) - 2} of the catalogue's {len(MUTANTS)} were not run" in page


@pytest.mark.slow
def test_a_real_mutant_is_caught_and_leaves_nothing_behind(tmp_path):
    mutant = next(one for one in MUTANTS if one.id == "column-renamed")
    outcome = run_mutant(mutant, tmp_path / "one")
    assert (outcome.caught_by, outcome.why) == ("make smoke", "features.dbt_failed")
    assert not (tmp_path / "one").exists()


@pytest.mark.parametrize(
    ("code", "free", "words"),
    [(-9, 2**40, "ended by SIGKILL"), (1, 2**20, "with 1 MiB left on the disk; 1024 are wanted")],
)
def test_a_verb_that_the_machine_ended_caught_nothing(code, free, words):
    with pytest.raises(CannotJudge, match=f"make test .*{words}") as refusal:
        _refuse_trouble("make test", code, free)
    assert refusal.value.code == "mutants.trouble"


@pytest.mark.parametrize(("code", "free"), [(1, 2**30), (0, 0), (3, 2**40)])
def test_a_verb_that_said_no_by_itself_is_no_trouble(code, free):
    _refuse_trouble("make test", code, free)
