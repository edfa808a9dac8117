"""Of a candidate that waited for a person the story tells what was decided since, when, by whom and why."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from artifacts import ledger
from artifacts.places import read_places
from artifacts.reigns import champion_in, told_champion
from artifacts.rejections import Rejection, reject
from artifacts.run_evidence import Refused, TaskEnd
from plugins.run_story.seen import Seen
from plugins.run_story.since import since
from plugins.run_story.story import tell
from tests.run_story.kept import BEGAN, RUN, evidence, told
from training.rollback import confirm_named

AT, CANDIDATE, VERDICT = datetime(2026, 11, 26, 10, 30), "c" * 32, "verdicts/a/verdict.json"
WAITS = {
    "promoted": False, "waits": True, "candidate": CANDIDATE, "model": "m", "version": 2, "champion": 1,
    "verdict": VERDICT, "reasons": [], "said": "Version 2 waits for a person: python -m training promote --x NAME",
}  # fmt: skip


def promote(url, version, run_id, expected, **given):
    about = {"decided_at": AT, "decided_by": "ana", "reason": "It is better.", "verdict": VERDICT, **given}
    ledger.promote(url, model="m", version=version, run_id=run_id, expected=expected, **about)


@pytest.fixture
def waiting(tmp_path):
    """The ledger of a home in which version 2 waits, and a function that tells its story with that ledger."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    promote(url, 1, "a" * 32, None)
    assert told(tmp_path, evidence("promote", notes={"decided": WAITS}), state="success").state == "WAITS"
    return url, lambda: tell(tmp_path, Seen("dag", RUN, "success", ()), since=partial(since, url))


LATER = datetime(2026, 11, 27, 9)
GONE = (
    "Version 2 was champion from 2026-11-26 10:30 UTC to 2026-11-27 09:00 UTC; version 1 is champion since 2026-11-27 "
    "09:00 UTC, when it was gone back to."
)


def made(task="promote", **given):
    """What a task leaves that made version 2 champion, or found that it is."""
    told = {**WAITS, "waits": False, "promoted": True, "said": "Version 2 is champion."}
    return evidence(task, **(given or {"notes": {"decided": told}}))


MADE = told_champion("m", 2, 2)
BY_VERDICT = Refused("ledger.promoted", "Version 2 of m was promoted by this verdict, in line 2 of the ledger.", "Go.")


def test_what_a_rollback_says_of_the_champion_is_read_as_that(tmp_path, monkeypatch):
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    url = read_places().ledger
    promote(url, 2, CANDIDATE, None)
    confirmed = confirm_named({"model": "m", "version": 2, "line": 1})
    assert confirmed == "Version 2 is champion of m, since line 1 of the ledger."
    assert champion_in(confirmed) == ("m", 2)
    assert champion_in("Nothing to keep: it was approved.") is champion_in({"model": "m"}) is None


@pytest.mark.parametrize("task", ["promote", "confirm"])
@pytest.mark.parametrize("said", [MADE, None])
def test_what_a_dag_run_made_champion_reads_as_if_it_served_only_while_it_does(waiting, tmp_path, task, said):
    url, story = waiting
    promote(url, 2, CANDIDATE, 1)
    for file in tmp_path.rglob("task.*.json"):
        file.unlink()
    told(tmp_path, made(task, returned=said) if said else made(task), state="success")
    assert story().sentence == (said or "m: Version 2 is champion.")
    promote(url, 1, "a" * 32, 2, decided_at=LATER, kind="rollback", verdict=None)
    assert (story().state, story().sentence) == ("OK", GONE if said else f"m: {GONE}")
    (tmp_path / "ledger.db").write_bytes(b"no database at all, but long enough to be read as one" * 20)
    assert "Version 2 was made champion then; whether it still is, is not known (ledger.damaged)." in story().sentence


def test_a_question_about_what_was_rolled_back_since_offers_no_way_back_from_what_is_no_champion(waiting, tmp_path):
    url, _ = waiting
    promote(url, 2, CANDIDATE, 1)
    promote(url, 1, "a" * 32, 2, decided_at=LATER, kind="rollback", verdict=None)
    told(tmp_path, evidence("ask", outcome="refused", refused=BY_VERDICT, notes={"verdict": WAITS}))
    ends = (TaskEnd("ask", -1, 1, "failed"),)
    tells = lambda: tell(tmp_path, Seen("dag", RUN, "failed", ends), since=partial(since, url))  # noqa: E731
    story = tells()
    assert story.sentence == f"ask said no (ledger.promoted): {BY_VERDICT.message} {GONE}"
    assert story.cause.next_step.endswith("go back to it: python -m training rollback --model m --to 2")
    (tmp_path / "ledger.db").write_bytes(b"no database at all, but long enough to be read as one" * 20)
    assert tells().sentence.endswith("Whether it still serves is not known (ledger.damaged).")


def test_while_nobody_decides_it_waits(waiting):
    story = waiting[1]()
    assert (story.state, story.sentence) == ("WAITS", "m: Version 2 waits for a person.")
    assert story.todo.line == "Next: answer under Required Actions in Airflow."


def test_what_a_person_approved_says_when_who_and_why_and_leaves_nothing_to_do(waiting):
    url, story = waiting
    promote(url, 2, CANDIDATE, 1)
    assert (story().state, story().todo.line, story().todo.said, story().command) == ("OK", "", "", None)
    said = "m: Version 2 was promoted over version 1, 2026-11-26 10:30:00 UTC, ana: It is better."
    assert story().sentence == said


def waits_because(home, reason):
    """Have the verdict on the candidate that waits give a reason."""
    for file in home.rglob("task.*.json"):
        file.unlink()
    told(home, evidence("promote", notes={"decided": {**WAITS, "reasons": [{"text": reason}]}}), state="success")


def test_of_what_a_person_approved_the_verdicts_reason_that_the_ledger_has_too_is_said_once(waiting, tmp_path):
    url, story = waiting
    waits_because(tmp_path, better := "The candidate is better by 0.03.")
    assert story().sentence == f"m: Version 2 waits for a person. {better}"
    promote(url, 2, CANDIDATE, 1, reason=f"Approved: Ada looked. {better}")
    said = f"Version 2 was promoted over version 1, 2026-11-26 10:30:00 UTC, ana: Approved: Ada looked. {better}"
    assert story().sentence == f"m: {said}"
    promote(url, 1, "a" * 32, 2, decided_at=LATER, kind="rollback", verdict=None)
    assert story().sentence == f"m: {said} {GONE}"


def test_of_what_a_person_rejected_the_verdicts_reason_is_said_beside_that_of_the_person(waiting, tmp_path):
    url, story = waiting
    waits_because(tmp_path, better := "The candidate is better by 0.03.")
    reject(url, Rejection("m", 2, CANDIDATE, VERDICT, AT, "ana", "Too slow."))
    assert story().sentence.endswith(f"ana: Too slow. {better}")


def test_what_a_person_rejected_says_when_who_and_why_and_leaves_nothing_to_run(waiting):
    url, story = waiting
    reject(url, Rejection("m", 2, CANDIDATE, VERDICT, AT, "ana", "Too slow."))
    assert (story().state, story().todo.line, story().command) == ("KEPT", "", None)
    assert story().sentence == (
        "m: Version 2 was rejected and version 1 stayed, 2026-11-26 10:30:00 UTC, ana: Too slow."
    )


def test_what_another_champion_overtook_is_judged_again_and_not_answered(waiting):
    url, story = waiting
    promote(url, 3, "d" * 32, 1)
    assert (story().state, story().command) == ("WAITS", f"python -m training judge --candidate {CANDIDATE}")
    said = "Nobody decided on version 2. It was judged against version 1, and version 3 is champion by now."
    assert story().sentence == f"m: {said}"
    assert "Required Actions" not in story().todo.line + story().todo.said
    assert f"trigger the DAG approve_promotion with the candidate {CANDIDATE}." in story().todo.then


@pytest.mark.parametrize(
    ("rival", "stayed"),
    [(3, "version 3 stayed"), (1, "version 1 stayed")],
    ids=["judged anew against another champion", "judged anew by another rule"],
)
def test_what_a_person_rejected_by_a_verdict_that_was_made_anew_for_the_question_is_rejected(waiting, rival, stayed):
    url, story = waiting
    if rival == 3:
        promote(url, 3, "d" * 32, 1)
    reject(url, Rejection("m", 2, CANDIDATE, "verdicts/b/verdict.json", AT, "ana", "Too slow."))
    assert (story().state, story().todo.line, story().command) == ("KEPT", "", None)
    assert f"Version 2 was rejected and {stayed}" in story().sentence


def test_what_was_rejected_before_it_was_judged_anew_waits_again(waiting):
    url, story = waiting
    reject(url, Rejection("m", 2, CANDIDATE, "verdicts/b/verdict.json", BEGAN - timedelta(days=1), "ana", "No."))
    assert (story().state, story().sentence) == ("WAITS", "m: Version 2 waits for a person.")


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "damaged"])
def test_of_a_ledger_that_was_lost_or_is_damaged_nothing_is_guessed(waiting, tmp_path, lost):
    file = tmp_path / "ledger.db"
    file.write_bytes(b"no database at all, but long enough to be read as one" * 20)
    if lost:
        file.unlink()
    story = waiting[1]()
    code = "judge.ledger_lost" if lost else "ledger.damaged"
    assert story.state == "WAITS"
    assert story.sentence.startswith(f"m: Whether a person decided since is not known ({code}). Version 2 waits")
    assert (story.todo.line, story.todo.said.partition(" from its backup")[0]) == ("", "Restore the ledger")


def test_of_two_candidates_the_one_that_waits_is_told_first_though_another_was_promoted_before(waiting, tmp_path):
    url, story = waiting
    came = {"promoted": True, "waits": False, "candidate": "a" * 32, "said": "Version 1 was promoted before."}
    before = {**WAITS, **came, "version": 1}
    told(tmp_path, evidence("promote", map_index=7, minute=-1, notes={"decided": before}), state="success")
    said = ["m: Version 2 waits for a person.", "m: Version 1 was promoted before."]
    assert (story().state, story().sentence) == ("WAITS", " ".join(said))
    assert story().todo.line == "Next: answer under Required Actions in Airflow."
    assert story().command == f"python -m training judge --candidate {CANDIDATE}"
    reject(url, Rejection("m", 2, CANDIDATE, VERDICT, AT, "ana", "Too slow."))
    assert (story().state, story().todo.line, story().command) == ("OK", "", None)
