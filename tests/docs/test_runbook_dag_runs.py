"""What a DAG run itself can say: each fault is planted, named by its code, and gone after what its section says."""

from pathlib import Path

import pytest

import tests.fixtures_airflow_home
from artifacts.errors import Missing
from artifacts.run_evidence import TaskEnd
from plugins.parameters import refuse_nothing_handed
from plugins.run_story.seen import Seen
from plugins.run_story.story import Story, tell
from tests.docs import runbook
from tests.docs.promoting_home import Home, made_home
from tests.run_story.kept import RUN, evidence, refused, told
from tests.run_story.test_leaving import raising, task
from tests.run_story.test_telling import LATE, airflow_says, past_its_deadline, posts

__all__ = ["airflow_says", "posts", "task", "tests"]

pytestmark = pytest.mark.slow


def cleared(home: Path, name: str = "build") -> Story:
    """Its next try did its work."""
    again = TaskEnd(name, -1, 2, "success")
    return told(home, evidence(name, attempt=2), ends=[again], state="success")


def test_an_error_that_nobody_foresaw_is_told_with_our_line_and_a_next_try_passes(task, tmp_path):
    run, left = task
    with pytest.raises(ZeroDivisionError), run():
        raising(ZeroDivisionError("nobody thought of that"))
    [kept, _] = left()
    assert kept.refused.code == "run.broke"
    assert "ZeroDivisionError at tests/run_story/test_leaving.py" in kept.refused.message
    assert cleared(tmp_path).state == "OK"


def test_a_task_that_was_killed_or_failed_after_its_work_is_well_once_it_is_cleared(tmp_path):
    killed = told(tmp_path, ends=[TaskEnd("build", -1, 1, "failed")])
    assert killed.codes == ("run.no_evidence",)
    after = told(tmp_path, evidence(), ends=[TaskEnd("build", -1, 1, "failed")])
    assert after.codes == ("run.failed_outside",)
    assert cleared(tmp_path).state == "OK"


@pytest.mark.parametrize(("map_index", "place"), [(-1, ""), (None, ""), (2, " [2]")])
def test_a_task_that_was_handed_nothing_names_the_one_before_it_and_is_well_once_that_was_cleared(
    task, tmp_path, map_index, place
):
    def build(name, as_of=None, _unread=None):
        """A body."""

    run, left = task
    with pytest.raises(Missing, match="handed nothing"), run(map_index=map_index, upstream={"choose"}):
        refuse_nothing_handed(build, (None,), {})
    refused = left()[0].refused
    assert refused.message.startswith(f"build{place} was handed nothing as name by choose{place}: ")
    assert (refused.code, refused.next_step.partition(" in Airflow")[0]) == (
        "run.nothing_handed",
        f"Clear choose{place}",
    )
    with run(upstream={"choose"}):
        refuse_nothing_handed(build, ("",), {"_unread": None})
    assert cleared(tmp_path).state == "OK"


def test_a_late_dag_run_is_told_while_it_runs_and_no_more_once_it_was_marked_failed(posts, airflow_says):
    airflow_says("build_training_set", RUN, {("build", -1): "running"})
    past_its_deadline(LATE)
    past_its_deadline({**LATE, "state": "failed"})
    assert [body["code"] for _, _, body in posts.got] == ["run.late"]
    assert "Not ended: build." in posts.got[0][2]["text"]


def test_damaged_evidence_is_named_and_the_rest_is_told_once_it_is_deleted(tmp_path):
    told(tmp_path, refused(), evidence("choose"))
    [file] = tmp_path.rglob("task.build.*.json")
    file.write_text(file.read_text().replace("3 rows", "300 rows"))
    ends = (TaskEnd("build", -1, 1, "success"), TaskEnd("choose", -1, 1, "success"))
    story = tell(tmp_path, Seen("dag", RUN, "success", ends))
    assert (story.state, story.codes) == ("UNKNOWN", ("run_evidence.damaged",))
    assert str(file) in next(iter(story.damaged.values())).message
    file.unlink()
    kept = (tmp_path / "runs").rename(tmp_path / "away")
    assert tell(tmp_path, Seen("dag", RUN, "success", ends)).codes == ("run_evidence.gone",)
    kept.rename(tmp_path / "runs")
    # Until the task is cleared what it left is gone, and that of it alone.
    story = tell(tmp_path, Seen("dag", RUN, "success", ends))
    assert story.codes == ("run_evidence.gone",) and "What build left is not there any more" in story.sentence
    assert cleared(tmp_path).state == "OK"


@pytest.fixture
def home(tmp_path, monkeypatch) -> Home:
    made = made_home(tmp_path, "wanting")
    places = {"MLFLOW": made.registry.tracking_uri, "MLFLOW_ARTIFACTS": made.registry.artifacts_uri}
    places |= {"HOME": str(made.path), "LEDGER": made.world.ledger, "TRAINING_SETS": made.world.training_sets}
    for name, place in places.items():
        monkeypatch.setenv(f"PIPELINE_{name}", place)
    return made


def test_a_question_that_nobody_answered_is_told_as_that_and_can_be_answered_without_airflow(home, capsys):
    story = told(home.path, evidence("ask"), ends=[TaskEnd("approve", -1, 1, "failed")])
    assert story.codes == ("approval.unanswered",)
    [command] = runbook.section("approval.unanswered").commands
    ended, said = runbook.run(runbook.filled(command, home.values("wanting")), capsys)
    assert (ended, said.splitlines()[-1]) == (0, "parcels/1")
