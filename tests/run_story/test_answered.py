"""A DAG run in which a person decided says what, who and why, and that a no keeps the champion."""

import pytest

from artifacts.run_evidence import TaskEnd
from plugins.run_story.seen import Answer, Seen
from plugins.run_story.story import tell
from tests.run_story.kept import RUN, evidence, told

NO = "Version 2 was rejected and version 1 stayed, 2026-11-26 10:30:00 UTC, ana by approve_promotion: Too slow."
YES = "Version 2 is champion of m, since line 2 of the ledger."
REJECTED = (
    evidence("promote", map_index=0, outcome="skipped", said="It was rejected."),
    evidence("keep", map_index=0, minute=1, returned=NO),
)
APPROVED = (
    evidence("promote", map_index=1, minute=2, returned=YES),
    evidence("keep", map_index=1, minute=3, returned="Nothing to keep: it was approved."),
)
ANSWERS = {0: Answer(("Reject",), "ana", "Too slow."), 1: Answer(("Approve",), "ben", "It is better.")}


def decided(home, *kept):
    return told(home, *kept, state="success", answers=ANSWERS)


def test_a_no_keeps_the_champion_and_says_once_who_and_why(tmp_path):
    story = decided(tmp_path, *REJECTED)
    assert (story.state, story.sentence, story.command) == ("KEPT", NO, None)
    assert story.todo.said.startswith("There is nothing to run")


def test_a_yes_says_who_and_why_and_no_more(tmp_path):
    story = decided(tmp_path, *APPROVED)
    assert (story.state, story.sentence) == ("OK", f"{YES} ben approved it: It is better.")


def test_of_two_answers_in_one_dag_run_each_is_told_and_a_champion_was_made(tmp_path):
    story = decided(tmp_path, *REJECTED, *APPROVED)
    assert (story.state, story.sentence) == ("OK", f"{NO} {YES} ben approved it: It is better.")


@pytest.mark.parametrize(
    ("task", "index", "said"), [("promote", 0, "It was rejected."), ("keep", 1, "Nothing to keep: it was approved.")]
)
def test_on_its_own_page_a_task_that_had_nothing_to_do_says_so(tmp_path, task, index, said):
    decided(tmp_path, *REJECTED, *APPROVED)
    ends = (TaskEnd("promote", 0, 1, "skipped"), TaskEnd("keep", 1, 1, "success"))
    assert tell(tmp_path, Seen("dag", RUN, "success", ends, answers=ANSWERS), task, index).sentence == said


@pytest.mark.parametrize(("does", "is_said"), [("scheduled", True), ("running", True), ("success", False)])
def test_an_answer_is_told_until_it_is_carried_out_and_the_other_question_waits(tmp_path, does, is_said):
    asked = (TaskEnd("approve", 0, 1, "awaiting_input"), TaskEnd("approve", 1, 1, "success"))
    ends = (*asked, TaskEnd("promote", 1, 1, does))
    saw = Seen("dag", RUN, "running", ends, answers={1: ANSWERS[1]})
    said = tell(tmp_path, saw).sentence
    assert said.startswith("It waits for a person: approve. Answer in Airflow, under Required Actions.")
    assert ("ben answered Approve, not yet carried out." in said) == is_said


def test_while_an_answer_is_carried_out_the_task_that_does_it_is_named(tmp_path):
    ends = (TaskEnd("approve", 1, 1, "success"), TaskEnd("promote", 1, 1, "running"))
    saw = Seen("dag", RUN, "running", ends, answers={1: ANSWERS[1]})
    assert tell(tmp_path, saw).sentence == "Running: promote. ben answered Approve, not yet carried out."
