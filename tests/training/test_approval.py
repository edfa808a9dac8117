"""Where a config wants a person, only a person's decision on exactly that verdict promotes, and a no is written too."""

import re
from pathlib import Path

import pytest

from artifacts import ledger
from artifacts.errors import BadInput, Conflict, GateClosed
from artifacts.registry import RunRecord
from artifacts.reigns import champion_in
from artifacts.rejections import rejections
from artifacts.run_evidence import collecting
from artifacts.training_set import TrainingSet
from tests.training.small_world import CONFIG, World
from tests.training.test_judge import GOOD, POOR, crowned, judged
from tests.training.test_promote import BETTER, decided
from training import approval
from training.approval import due, keep
from training.decision import Decision, parse_decision
from training.promote import promote
from training.read_config import parse_config
from training.train import train

WANTS = "promotion=approve"
YES = Decision("Ada by a test", "the slices look right")
NO = Decision("Ada by a test", "one more month first")
ANSWER = {
    "chosen_options": ["Approve"],
    "params_input": {"reason": "the slices look right"},
    "responded_by_user": {"id": "1", "name": "Ada"},
}


@pytest.fixture
def places(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_MLFLOW", world.registry.tracking_uri)
    monkeypatch.setenv("PIPELINE_MLFLOW_ARTIFACTS", world.registry.artifacts_uri)
    monkeypatch.setenv("PIPELINE_LEDGER", world.ledger)
    monkeypatch.setenv("PIPELINE_TRAINING_SETS", world.training_sets)


def versions(world: World) -> list[int]:
    return [line.version for line in ledger.history(world.ledger, world.model)]


def ask(world: World, candidate: RunRecord) -> dict[str, object]:
    return approval.ask(world.registry, world.ledger, world.training_sets, candidate.run_id, "tester")


def approve(world: World, asked: dict[str, object], decision: Decision = YES) -> ledger.Promotion:
    return approval.approve(world.registry, world.ledger, world.training_sets, asked, decision)


def test_a_config_that_wants_a_person_waits_and_promotes_nothing(world: World, parcels_60: TrainingSet) -> None:
    candidate = world.candidate(parcels_60, GOOD, WANTS)
    waiting = decided(world, candidate)
    command = f"python -m training promote --candidate {candidate.run_id} --approved-by NAME --reason TEXT"
    assert (waiting.waits, waiting.promotion) == (True, None)
    assert waiting.said == f"Version 1 waits for a person: {command}"
    with pytest.raises(GateClosed, match=re.escape(command)) as refusal:
        promote(world.registry, world.ledger, waiting.judged, "the pipeline")
    assert (refusal.value.code, versions(world)) == ("promote.wants_approval", [])


def test_whoever_looks_at_the_question_is_shown_the_verdict_that_it_is_about(
    world: World, parcels_60: TrainingSet
) -> None:
    candidate = world.candidate(parcels_60, GOOD, WANTS)
    with collecting() as notes:
        asked = ask(world, candidate)
    noted = notes["verdict"]
    assert (noted["candidate"], noted["verdict"], noted["model"]) == (candidate.run_id, asked["verdict"], world.model)
    assert "candidate" in noted["metrics"]


def test_a_candidate_does_not_take_the_decision_away_that_the_champions_config_gives_to_people(
    world: World, parcels_60: TrainingSet
) -> None:
    approve(world, ask(world, world.candidate(parcels_60, "[clear_sign]", WANTS)))
    bold = world.candidate(parcels_60, BETTER)
    assert decided(world, bold).waits
    with pytest.raises(GateClosed, match="the champion's config has promotion: approve"):
        promote(world.registry, world.ledger, judged(world, bold), "the pipeline")
    assert approve(world, ask(world, bold)).version == 2


def test_a_config_without_the_setting_is_promoted_by_the_pipeline_as_before(
    world: World, parcels_60: TrainingSet
) -> None:
    came = decided(world, world.candidate(parcels_60, GOOD))
    assert (came.waits, came.said, versions(world)) == (False, "Version 1 is champion.", [1])


def test_an_approval_says_who_and_why_in_the_ledger_before_the_verdicts_reasons(
    world: World, parcels_60: TrainingSet
) -> None:
    line = approve(world, ask(world, world.candidate(parcels_60, GOOD, WANTS)))
    assert (line.version, line.decided_by) == (1, "Ada by a test")
    assert line.reason.startswith("Approved: the slices look right. There is no champion yet, and log loss")


def test_what_a_person_is_asked_has_the_evidence_with_intervals(world: World, parcels_60: TrainingSet) -> None:
    crowned(world, parcels_60, "[clear_sign]")
    asked = ask(world, world.candidate(parcels_60, BETTER, WANTS))
    assert asked["subject"] == f"Promote {world.model} version 2 over version 1?"
    text = str(asked["body"])
    assert text.startswith("**Promote version 2.** Log loss is better than version 1's by 0.")
    assert "Why you are asked: its config has promotion: approve." in text
    assert re.search(r"\| roc auc \| 0\.\d{4} \[0\.\d{4}, 0\.\d{4}\] \| 0\.\d{4} \[", text, re.I)
    assert re.search(r"\| log loss \(primary\) \| \+0\.\d{4} \[\+0\.\d{4}, \+0\.\d{4}\] \| \+0\.0010 \| yes \|", text)
    assert re.search(r"\| the worst of 3 slices \| .* \| -0\.1000 \| yes \|", text)
    assert f"`{asked['verdict']}`".replace(".json", ".html") in text
    where = (world.registry, world.ledger, world.training_sets, str(asked["candidate"]), "tester")
    assert (
        f"[The page of version 2](/on-call/models/{world.model}/versions/2)"
        in approval.ask(*where, pages="/on-call")["body"]
    )


def test_what_a_person_is_asked_and_what_a_task_hands_on_name_the_level_of_the_intervals(
    world: World, parcels_60: TrainingSet
) -> None:
    candidate = world.candidate(parcels_60, GOOD, WANTS, "judge.bootstrap.interval=0.6")
    assert "[low, high]: 60 % intervals." in str(ask(world, candidate)["body"])
    assert decided(world, candidate).to_dict()["level"] == "60 %"


def test_an_approval_of_a_verdict_against_a_champion_of_the_past_says_judge_again(
    world: World, parcels_60: TrainingSet
) -> None:
    asked = ask(world, world.candidate(parcels_60, BETTER, WANTS))
    crowned(world, parcels_60, "[clear_sign]")
    with pytest.raises(Conflict, match=r"version 2 is champion by now\. Judge it again") as refusal:
        approve(world, asked)
    assert (refusal.value.code, versions(world)) == ("ledger.conflict", [2])


def test_an_approval_of_another_verdict_than_the_one_that_the_rows_give_now_promotes_nothing(
    world: World, parcels_60: TrainingSet
) -> None:
    asked = ask(world, world.candidate(parcels_60, GOOD, WANTS))
    with pytest.raises(Conflict) as refusal:
        approve(world, {**asked, "verdict": "verdicts/against_none_000000000000/verdict.json"})
    assert (refusal.value.code, versions(world)) == ("approval.other_verdict", [])


def test_approving_twice_writes_one_line(world: World, parcels_60: TrainingSet) -> None:
    asked = ask(world, world.candidate(parcels_60, GOOD, WANTS))
    assert approve(world, asked) == approve(world, asked)
    assert versions(world) == [1]


def test_a_rejection_keeps_the_champion_and_the_verdict_is_not_asked_about_again(
    world: World, parcels_60: TrainingSet
) -> None:
    crowned(world, parcels_60, "[clear_sign]")
    candidate = world.candidate(parcels_60, BETTER, WANTS)
    asked = ask(world, candidate)
    no = keep(world.registry, world.ledger, judged(world, candidate), Decision("Ada", "one more month first"))
    assert (no.version, no.champion, no.reason) == (2, 1, "one more month first")
    came = decided(world, candidate)
    assert (came.waits, came.promotion) == (False, None)
    assert came.said.startswith("Version 2 was rejected and version 1 stayed, ")
    for act in (lambda: ask(world, candidate), lambda: approve(world, asked)):
        with pytest.raises(Conflict, match="one more month first") as refusal:
            act()
        assert refusal.value.code == "ledger.rejected"
    assert versions(world) == [1]


def test_a_rejection_of_one_that_was_overtaken_says_who_was_champion_by_then(
    world: World, parcels_60: TrainingSet
) -> None:
    candidate = world.candidate(parcels_60, BETTER, WANTS)
    before = judged(world, candidate)
    crowned(world, parcels_60, "[clear_sign]")
    assert keep(world.registry, world.ledger, before, Decision("Ada", "one more month first")).champion == 2


def test_nobody_is_asked_about_a_verdict_that_does_not_say_promote(world: World, parcels_60: TrainingSet) -> None:
    crowned(world, parcels_60, GOOD)
    with pytest.raises(GateClosed) as refusal:
        ask(world, world.candidate(parcels_60, POOR, WANTS))
    assert refusal.value.code == "promote.not_promotable"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chosen_options": ["Reject"]}, "approval.not_given"),
        ({"chosen_options": []}, "approval.not_given"),
        ({"chosen_options": ["Approve", "Reject"]}, "approval.not_given"),
        ({"responded_by_user": None}, "decision.incomplete"),
        ({"params_input": {}}, "decision.incomplete"),
        ({"params_input": {"reason": "  "}}, "decision.incomplete"),
        ({"params_input": {"reason": None}}, "decision.incomplete"),
    ],
)
def test_an_answer_that_is_no_approval_by_somebody_for_a_reason_promotes_nothing(
    world: World, parcels_60: TrainingSet, places: None, change: dict[str, object], code: str
) -> None:
    asked = ask(world, world.candidate(parcels_60, GOOD, WANTS))
    with pytest.raises((GateClosed, BadInput)) as refusal:
        approval.approve_named(asked, {**ANSWER, **change})
    assert (refusal.value.code, versions(world)) == (code, [])


def test_airflows_answer_promotes_or_is_written_as_a_rejection(
    world: World, parcels_60: TrainingSet, places: None
) -> None:
    first = ask(world, world.candidate(parcels_60, "[clear_sign]", WANTS))
    assert champion_in(approval.approve_named(first, ANSWER)) == (world.model, 1)
    assert approval.keep_named(first, ANSWER) == "Nothing to keep: it was approved."
    second = ask(world, world.candidate(parcels_60, BETTER, WANTS))
    said = approval.keep_named(second, {**ANSWER, "chosen_options": ["Reject"]})
    assert said.startswith(f"{world.model}: Version 2 was rejected and version 1 stayed, ")
    [no] = rejections(world.ledger, world.model)
    assert (no.version, no.decided_by, versions(world)) == (2, "Ada by approve_promotion", [1])


@pytest.mark.parametrize("chosen", ["Approve", "Reject"])
def test_an_answer_with_a_reason_that_is_too_long_counts_and_its_reason_is_cut_with_a_sign(
    world: World, parcels_60: TrainingSet, places: None, chosen: str
) -> None:
    asked = ask(world, world.candidate(parcels_60, GOOD, WANTS))
    answer = {**ANSWER, "chosen_options": [chosen], "params_input": {"reason": "because " * 300}}
    (approval.approve_named if chosen == "Approve" else approval.keep_named)(asked, answer)
    lines = [*ledger.history(world.ledger, world.model), *rejections(world.ledger, world.model)]
    assert [one.decided_by for one in lines] == ["Ada by approve_promotion"]
    assert "because because" in lines[0].reason and "… (cut; 2,399 characters were given)" in lines[0].reason
    with pytest.raises(BadInput, match=r"of 3 to 2000 characters"):
        parse_decision("Ada", "because " * 300, "python -m training promote")


def test_without_a_candidate_and_an_event_there_is_nothing_to_decide() -> None:
    assert due(None, [{"candidate": "b"}, {"candidate": "a"}, {"candidate": "b"}]) == [
        {"candidate": "a"},
        {"candidate": "b"},
    ]
    with pytest.raises(BadInput) as refusal:
        due(None, [])
    assert refusal.value.code == "approval.nothing_asked"


@pytest.mark.parametrize("extra", [None, {}, {"candidate": None}, {"candidate": 3}, {"training_set": "a/b"}])
def test_an_event_that_names_no_candidate_is_refused_by_name(extra: dict[str, object] | None) -> None:
    with pytest.raises(BadInput, match="names no candidate") as refusal:
        due(None, [{"candidate": "a"}, extra])
    assert refusal.value.code == "train.event_incomplete"


@pytest.mark.parametrize(
    ("by", "reason"),
    [(None, "good"), ("", "good"), ("Ada", None), ("Ada", " "), ("Ada", " ok "), ("A" * 200, "a reason")],
)
def test_a_decision_without_a_name_or_a_reason_is_none(by: str | None, reason: str | None, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_decision(by, reason, "a test")
    assert refusal.value.code == "decision.incomplete"


def rejected(world: World, training_set: TrainingSet) -> RunRecord:
    candidate = world.candidate(training_set, GOOD, WANTS)
    keep(world.registry, world.ledger, judged(world, candidate), NO)
    return candidate


def test_whoever_is_asked_about_a_copy_of_what_was_rejected_is_told_who_said_no_and_why(
    world: World, parcels_60: TrainingSet
) -> None:
    before = rejected(world, parcels_60)
    config = parse_config(CONFIG.format(model=world.model, features=GOOD), [WANTS])
    again = train(world.registry, parcels_60, config, again=True)
    asked = ask(world, again)
    assert (again.model_sha256, again.version) == (before.model_sha256, 2)
    assert "it is, byte for byte, version 1, which was rejected" in str(asked["body"])
    assert f"{NO.by}: {NO.reason}" in str(asked["body"])
    assert approve(world, asked).version == 2


def test_a_copy_of_what_was_rejected_is_not_promoted_by_the_pipeline(world: World, parcels_60: TrainingSet) -> None:
    rejected(world, parcels_60)
    copy = world.candidate(parcels_60, GOOD)
    came = decided(world, copy)
    assert (came.waits, versions(world)) == (True, [])
    page = world.registry.text(copy.run_id, came.judged.page)
    assert "--approved-by NAME" in page and "--rejected-by" in page
    with pytest.raises(GateClosed, match="it is, byte for byte, version 1, which was rejected") as refusal:
        promote(world.registry, world.ledger, came.judged, "the pipeline")
    assert refusal.value.code == "promote.wants_approval"
    assert approve(world, ask(world, copy)).version == 2


def test_what_was_rejected_beside_one_champion_is_not_promoted_by_the_pipeline_beside_another(
    world: World, parcels_60: TrainingSet
) -> None:
    candidate = world.candidate(parcels_60, BETTER)
    keep(world.registry, world.ledger, judged(world, candidate), NO)
    crowned(world, parcels_60, "[clear_sign]")
    assert decided(world, candidate).waits
    assert "it was rejected before, by another verdict" in str(ask(world, candidate)["body"])


def test_of_what_was_rejected_promote_says_so_and_asks_nobody_again(world: World, parcels_60: TrainingSet) -> None:
    candidate = world.candidate(parcels_60, GOOD)
    keep(world.registry, world.ledger, verdict := judged(world, candidate), NO)
    with pytest.raises(Conflict) as refusal:
        promote(world.registry, world.ledger, verdict, "the pipeline")
    assert (refusal.value.code, versions(world)) == ("ledger.rejected", [])
