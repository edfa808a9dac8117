"""Faults around judging and promoting: each is planted, named by its code, and what its section says to run is run."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from artifacts import database, ledger
from artifacts.errors import Refusal
from artifacts.registry import MODEL
from artifacts.verdict import Reason
from tests.docs import runbook
from tests.docs.promoting_home import Home, Undo, made_home, moved_away, replaced
from training import approval
from training.decision import Decision
from training.promote import promote
from training.rollback import confirm_named, rollback

pytestmark = pytest.mark.slow

JUDGE, PROMOTE = "python -m training judge --candidate RUN", "python -m training promote --candidate RUN"
APPROVE = f"{PROMOTE} --approved-by NAME --reason TEXT"
HISTORY = "python -m training history --model MODEL"
ADA = Decision("Ada", "because")


def nothing() -> None:
    """For a fault that needs no repair before the command."""


@dataclass(frozen=True)
class Fault:
    """`no` is what is refused, a command or a call; after the repair, the section's commands end with `after`."""

    no: str | Callable[[Home], object]
    after: Sequence[tuple[int, str]]
    plant: Callable[[Home], Undo] = lambda home: nothing
    who: str = "better"
    n: str = "1"
    run: Callable[[Home], str] | None = None


def crowned(*who: str) -> Callable[[Home], Undo]:
    return lambda home: (home.crown(*who), nothing)[1]


def rolled_back(home: Home) -> Undo:
    home.crown("first", "better")
    rollback(home.registry, home.world.ledger, "parcels", 1, decided_by="tester", reason="complaints")
    return nothing


def verdict_with(change: Callable[[str], str]) -> Callable[[Home], Undo]:
    def plant(home: Home) -> Undo:
        home.crown("better")
        path = home.file("better", home.judged("better").path)
        return replaced(path, change(path.read_text()).encode())

    return plant


def damaged_champion(home: Home) -> Undo:
    """It stays damaged: what the section says to run must work without it."""
    home.crown("first", "better")
    replaced(home.file("better", MODEL), b"another model")
    return nothing


def held(home: Home) -> Undo:
    home.crown("first")
    holder = sqlite3.connect(home.ledger, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    return holder.close


def lost_ledger(home: Home) -> Undo:
    home.crown("first")
    return moved_away(home.ledger)


def foreign_ledger(home: Home) -> Undo:
    about = {"decided_at": datetime(2020, 1, 1), "decided_by": "x", "reason": "y", "expected": None}
    ledger.promote(home.world.ledger, model="parcels", version=1, run_id="f" * 32, **about)  # type: ignore[arg-type]
    return lambda: (home.ledger.unlink(), home.crown("first"))


def elsewhere(home: Home) -> Undo:
    before = os.environ["PIPELINE_MLFLOW"]
    (home.path / "a_file").write_text("")
    os.environ["PIPELINE_MLFLOW"] = f"sqlite:///{home.path}/a_file/mlflow.db"
    return lambda: os.environ.update(PIPELINE_MLFLOW=before)


def deleted(home: Home) -> Undo:
    home.client.delete_run(home.runs["better"])
    return lambda: home.client.restore_run(home.runs["better"])


def foreign_run(home: Home) -> str:
    return str(home.client.create_run(home.client.get_experiment_by_name("parcels").experiment_id).info.run_id)


def other_config(home: Home) -> str:
    return home.logged_with("config.yaml", (home.path / "parcels.yaml").read_bytes())


def asked(home: Home) -> dict[str, object]:
    where = (home.registry, home.world.ledger, home.world.training_sets)
    return approval.ask(*where, home.runs["wanting"], "tester")


def answered(home: Home, question: dict[str, object]) -> ledger.Promotion:
    where = (home.registry, home.world.ledger, home.world.training_sets)
    return approval.approve(*where, question, ADA)


def too_late(home: Home) -> None:
    question = asked(home)
    home.crown("first")
    answered(home, question)


def promoted(home: Home, **other: object) -> None:
    found = home.judged("better")
    promote(home.registry, home.world.ledger, replace(found, verdict=replace(found.verdict, **other)), "x")  # type: ignore[arg-type]


def other_bytes(home: Home) -> None:
    evidence = home.judged("better").verdict.evidence
    promoted(home, evidence=replace(evidence, candidate=replace(evidence.candidate, model_sha256="f" * 64)))


FAULTS = {
    "promote.not_promotable": Fault(PROMOTE, [(3, "Keep version 2")], crowned("better"), "poor"),
    "promote.wants_approval": Fault(PROMOTE, [(0, "parcels/4"), (2, "ledger.promoted")], who="wanting"),
    "promote.promoted_before": Fault(PROMOTE, [(0, "parcels/2")], rolled_back, n="2"),
    "promote.rolled_back": Fault(
        PROMOTE, [(0, "parcels/2")], rolled_back, n="2", run=lambda home: home.again("better")
    ),
    "promote.verdict_contradicts": Fault(
        lambda home: promoted(home, reasons=(Reason("better", "Trust me."),)), [(0, "Promote version 2")]
    ),
    "promote.model_differs": Fault(other_bytes, [(0, "model sha256")]),
    "decision.incomplete": Fault(f"{PROMOTE} --approved-by NAME", [(0, "parcels/4")], who="wanting"),
    "approval.other_verdict": Fault(
        lambda home: answered(home, {**asked(home), "verdict": "verdicts/of_before/verdict.json"}),
        [(0, "Promote version 4")],
        who="wanting",
    ),
    "approval.nothing_to_reject": Fault(
        "python -m training reject --candidate RUN --rejected-by NAME --reason TEXT",
        [(3, "Keep version 2")],
        crowned("better"),
        "poor",
    ),
    "approval.not_given": Fault(
        lambda home: approval.approve_named(asked(home), {"chosen_options": ["Reject"]}),
        [(0, "1. promote version 1")],
        crowned("first"),
    ),
    "ledger.conflict": Fault(too_late, [(0, "Promote version 4")], who="wanting"),
    "ledger.rejected": Fault(
        APPROVE,
        [(0, "model sha256")],
        lambda home: (approval.keep(home.registry, home.world.ledger, home.judged("wanting"), ADA), nothing)[1],
        "wanting",
    ),
    "ledger.promoted": Fault(
        "python -m training reject --candidate RUN --rejected-by NAME --reason TEXT",
        [(0, "parcels/1")],
        crowned("first", "better"),
    ),
    "ledger.no_champion": Fault(HISTORY, [(0, "Promote version 2"), (0, "parcels/2")]),
    "ledger.damaged": Fault(
        HISTORY,
        [(0, "1. promote version 1")],
        lambda home: (home.crown("first"), replaced(home.ledger, b"no ledger " * 100))[1],
    ),
    "ledger.unavailable": Fault(HISTORY, [(0, "1. promote version 1")], held),
    "rollback.never_champion": Fault(
        "python -m training rollback --model MODEL --to 3", [(0, "1. promote version 1")], crowned("first")
    ),
    "rollback.is_champion": Fault(
        "python -m training rollback --model MODEL --to 1", [(0, "1. promote version 1")], crowned("first")
    ),
    "rollback.not_champion": Fault(
        lambda _: confirm_named({"model": "parcels", "version": 1, "line": 3}),
        [(0, "2. promote version 2 over version 1")],
        crowned("first", "better"),
    ),
    "judge.ledger_lost": Fault(JUDGE, [(0, "1. promote version 1")], lost_ledger),
    "judge.champion_differs": Fault(JUDGE, [(0, "1. promote version 1")], foreign_ledger),
    "judge.run_unfinished": Fault(
        JUDGE,
        [(0, "model sha256")],
        lambda home: (
            home.client.update_run(home.runs["poor"], status="RUNNING"),
            lambda: home.client.update_run(home.runs["poor"], status="FINISHED"),
        )[1],
        "poor",
    ),
    "verdict.damaged": Fault(JUDGE, [(0, "Promote version 2")], verdict_with(lambda text: text[:-9])),
    "verdict.schema_version": Fault(
        JUDGE,
        [(0, "Promote version 2")],
        verdict_with(lambda text: json.dumps({**json.loads(text), "schema_version": 99})),
    ),
    "config.differs": Fault(JUDGE, [(0, "model sha256")], run=other_config),
    "registry.unavailable": Fault(JUDGE, [(0, "Promote version 2")], elsewhere),
    "registry.damaged": Fault(
        JUDGE, [(0, "2. promote version 2"), (0, "3. rollback version 1 over version 2")], damaged_champion, "poor"
    ),
    "registry.missing": Fault(JUDGE, [(0, "1. promote version 1")], crowned("first"), run=lambda _: "0" * 32),
    "registry.run_deleted": Fault(JUDGE, [(0, "Promote version 2")], deleted),
    "registry.run_foreign": Fault(JUDGE, [(0, "model sha256")], run=foreign_run),
    "encode.damaged": Fault(
        JUDGE, [(0, "model sha256")], run=lambda home: home.logged_with("model/categories.json", b"[]")
    ),
    "fit.damaged": Fault(JUDGE, [(0, "model sha256")], run=lambda home: home.logged_with(MODEL, b"no model")),
    "naive.damaged": Fault(JUDGE, [(0, "model sha256")], run=lambda home: home.logged_with("model/naive.json", b"{}")),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return made_home(tmp_path_factory.mktemp("runbook"))


@pytest.fixture
def home(made: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    places = {"MLFLOW": made.registry.tracking_uri, "MLFLOW_ARTIFACTS": made.registry.artifacts_uri}
    places |= {"HOME": str(made.path), "LEDGER": made.world.ledger, "TRAINING_SETS": made.world.training_sets}
    for name, place in places.items():
        monkeypatch.setenv(f"PIPELINE_{name}", place)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    yield made
    made.as_made()


@pytest.mark.parametrize("code", FAULTS)
def test_what_the_section_says_to_run_after_the_repair_works(
    code: str, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = FAULTS[code]
    mend = fault.plant(home)
    run = fault.run(home) if fault.run else home.runs[fault.who]
    values = home.values(fault.who, RUN=run, N=fault.n)
    try:
        if isinstance(fault.no, str):
            assert f"{code}: " in runbook.run(runbook.filled(fault.no, values), capsys)[1]
        else:
            with pytest.raises(Refusal) as refusal:
                fault.no(home)
            assert refusal.value.code == code
    finally:
        mend()
    for command, (exit_code, told) in zip(runbook.section(code).commands, fault.after, strict=True):
        ended, said = runbook.run(runbook.filled(command, values), capsys)
        assert (ended, told in said) == (exit_code, True), said


def test_every_reason_to_keep_the_champion_has_a_section_whose_command_shows_the_champion(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    home.crown("better")
    _, said = runbook.run(runbook.filled(f"{JUDGE} --json", home.values("poor")), capsys)
    reasons = {one["code"] for one in json.loads(said.splitlines()[-1])["reasons"]}
    told = {"not_better", "unsure_better", "worse_guard"}
    assert told <= reasons
    for reason in told:
        [command] = runbook.section(reason).commands
        ended, said = runbook.run(runbook.filled(command, home.values("poor")), capsys)
        assert (ended, "1. promote version 2" in said) == (0, True)
