"""The smoke run: the whole pipeline on the tiny source, in a temporary home, told as one JSON object."""

import hashlib
import importlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from artifacts import cli
from artifacts.code import read_code
from artifacts.errors import Refusal
from artifacts.places import REPOSITORY, Places, read_places
from artifacts.registry import Registry
from artifacts.training_set import TrainingSet
from ci import inputs as read
from ci.lineage import read_lineage, read_sets
from ci.plan import Plan, Stage
from ci.summary import rows_by_month, summarise
from features.build import build
from ingestion.land import land_month
from training.config import Config
from training.judge import judge
from training.key import CODE, code_digest
from training.promote_or_keep import promote_or_keep
from training.read_config import read_config
from training.train import LOCK, train

WHO = "make smoke"


def smoke(plan: Plan, home: Path, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Run `plan` in the empty folder `home`; the result is what `compare` reads and `accept` keeps.

    `inputs`, `machine`, `code` (commit, dirty) and `seconds`; `stages`, one each of the plan, with training set,
    rows by month, the model's sha256, verdict, metrics (value, low, high) and slices; `features` of the last set, as
    `summarise` tells them; `lineage`, `sets` and `slices` for the report. When all stages have the set, config, code
    and locked packages of `known`, none is trained again (`trained` is False): models, metrics and the `machine` that
    they are of are taken from there. A refusal on the way is part of the result, under `refused`, never raised.
    """
    code = read_code()
    told: dict[str, Any] = {
        "inputs": read.read_inputs(plan),
        "machine": read.machine(),
        "code": {"commit": code.commit, "dirty": code.dirty},
        "stages": [],
    }
    started = time.monotonic()
    try:
        folder = home / "source"
        cli.say(f"cut {importlib.import_module(plan.cutter).cut(folder)} rows out of {plan.source}")
        places = read_places({"PIPELINE_HOME": str(home)})
        sets = [_build(plan, stage, places, {plan.settings: str(folder)}) for stage in plan.stages]
        told["stages"] = _stages(plan, sets, places, known)
        if known and not any(stage["trained"] for stage in told["stages"]):
            told["machine"] = known["machine"]
        told["features"] = summarise(sets[-1])
        told["lineage"] = read_lineage(places.warehouse, sets[-1].contract)
        told["sets"] = read_sets(places.warehouse)
        told["slices"] = list(read_config(REPOSITORY / plan.config).slices)
    except Refusal as refusal:
        told["refused"] = refusal.to_dict()
    told["seconds"] = round(time.monotonic() - started, 1)
    return told


def _build(plan: Plan, stage: Stage, places: Places, source: Mapping[str, str]) -> TrainingSet:
    cli.say(f"{stage.months}, as of {stage.as_of:%Y-%m-%d}")
    for month in stage.list_of_months:
        land_month(places.raw, plan.source, month, source)
    cli.say(f"  landed {len(stage.list_of_months)} months")
    return build(places, plan.name, stage.as_of)


def _stages(
    plan: Plan, sets: Sequence[TrainingSet], places: Places, known: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """What each stage came to. A later one is judged against the earlier one's champion: all are trained, or none."""
    config = read_config(REPOSITORY / plan.config, plan.overrides)
    stages = [_told(training_set, config) for training_set in sets]
    before = known["stages"] if known else []
    if before and [stage["cause"] for stage in stages] == [stage.get("cause") for stage in before]:
        cli.say("training skipped: sets, config, code and locked packages are those of the known-good run")
        return [{**was, **stage, "trained": False} for was, stage in zip(before, stages, strict=True)]
    if before:
        cli.say("trained again: sets, config, code of training or locked packages are not those of the known-good run")
    return [
        {**stage, **_trained(plan, config, training_set, places)}
        for stage, training_set in zip(stages, sets, strict=True)
    ]


def _told(training_set: TrainingSet, config: Config) -> dict[str, Any]:
    return {
        "training_set": training_set.id,
        "rows": training_set.rows,
        "label_rate": training_set.facts["label_rate"],
        "window": dict(training_set.facts["window"]),
        "months": rows_by_month(training_set),
        "cause": _cause(config, training_set),
    }


def _trained(plan: Plan, config: Config, training_set: TrainingSet, places: Places) -> dict[str, Any]:
    registry = Registry.at(places)
    run = train(registry, training_set, config, overrides=plan.overrides)
    decided = promote_or_keep(registry, places.ledger, places.training_sets, run.run_id, WHO)
    cli.say(f"  {decided.said}")
    verdict = judge(registry, places.ledger, places.training_sets, run.run_id, WHO).verdict
    evidence = verdict.evidence
    slices = json.loads(registry.artefact(run.run_id, "report/slices.json").read_text(encoding="utf-8"))
    return {
        "trained": True,
        "model_sha256": run.model_sha256,
        "outcome": verdict.outcome,
        "reasons": [reason.code for reason in verdict.reasons],
        "holdout": {
            "start": str(evidence.holdout.start),
            "end": str(evidence.holdout.end),
            "rows": evidence.holdout.rows,
            "positives": evidence.holdout.positives,
        },
        "metrics": {
            who: {name: [one.value, one.low, one.high] for name, one in metrics.items()}
            for who, metrics in evidence.metrics.items()
        },
        "slices": {
            column: {row["value"]: {"rows": row["rows"], **(row["candidate"] or {})} for row in rows}
            for column, rows in slices.items()
        },
    }


def _cause(config: Config, training_set: TrainingSet) -> str:
    """A digest of all in the repository that decides a model and its verdict."""
    parts = [config.digest(), training_set.id, code_digest(*CODE), hashlib.sha256(LOCK.read_bytes()).hexdigest()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
