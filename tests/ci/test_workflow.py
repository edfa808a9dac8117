"""The workflow does what a laptop can do: every step is a make verb, and the gate cannot be passed over."""

import re

import yaml

from artifacts.places import REPOSITORY

PATH = REPOSITORY / ".github" / "workflows" / "ci.yml"
JOBS = yaml.safe_load(PATH.read_text())["jobs"]
STEPS = [step for job in JOBS.values() for step in job["steps"]]
VERBS = set(re.findall(r"^([a-z-]+):.*## ", (REPOSITORY / "Makefile").read_text(), re.M))


def test_it_has_at_most_two_hundred_lines():
    assert len(PATH.read_text().splitlines()) <= 200


def test_every_step_that_runs_something_calls_one_make_verb():
    for step in STEPS:
        if "run" in step:
            verb = re.fullmatch(r"make ([a-z-]+)", step["run"])
            assert verb and verb[1] in VERBS, step["run"]


def test_every_action_is_pinned_to_a_commit():
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used and all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name) for name in used)


def test_nothing_that_fails_is_waved_through():
    assert not any("continue-on-error" in one for one in [*JOBS.values(), *STEPS])


def test_the_comparison_runs_after_a_refused_smoke_run_too_so_that_there_is_a_report():
    steps = {step["run"]: step for step in JOBS["model"]["steps"] if "run" in step}
    assert list(steps) == ["make smoke", "make compare", "make comment"]
    assert "always()" in steps["make compare"]["if"]


def test_only_the_comment_may_write_and_no_job_runs_with_the_rights_of_a_fork_s_base():
    workflow = yaml.safe_load(PATH.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    assert {name for name, job in JOBS.items() if "write" in str(job.get("permissions"))} == {"model"}
    assert "pull_request_target" not in PATH.read_text()


def test_mutants_run_at_night_and_on_no_pull_request():
    assert "pull_request" not in JOBS["mutants"]["if"]
    assert "schedule" in JOBS["mutants"]["if"]


def test_each_night_every_test_runs_whole():
    """Unset, TEST_SLOW leaves nothing out; TEST_SCREENSHOTS is where pictures are kept."""
    sources = [path.read_text() for path in (REPOSITORY / "tests").rglob("*.py")]
    read = {name for text in sources for name in re.findall(r'environ\S*\("(TEST_[A-Z_]+)"', text)}
    [night] = [step for step in JOBS["slow"]["steps"] if step.get("run") == "make test"]
    assert set(night["env"]) == read - {"TEST_SCREENSHOTS"} >= {"TEST_REQUESTS"}
