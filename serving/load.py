"""Loads a model version: its native file by sha256, tried in a child process; nothing that comes with it is run."""

import json

import numpy as np

from artifacts import cli, ledger
from artifacts.champion_alias import known_champion
from artifacts.contract import Contract
from artifacts.encoder import CATEGORIES, Encoder, read_encoder
from artifacts.errors import BadInput, Damaged, Missing
from artifacts.ledger import Promotion
from artifacts.registry import FINISHED, MODEL, Registry, RunRecord
from artifacts.registry.connect import shown
from serving.loaded import LoadedVersion
from serving.scoring import Floats, score_as_training, score_matrix
from serving.trial import read_booster, try_model

TRAINING_SET = "training_set.json"


def load_version(registry: Registry, model: str, version: int, threads: int = 1) -> LoadedVersion:
    """Version `version` of `model`, checked in every way that does not need the rows it was trained on.

    Raises `Missing` (`serving.version_missing`, `registry.missing`), `Damaged` (`registry.damaged`, `encode.damaged`,
    `serving.*`) or `Unavailable` (`registry.unavailable`).
    """
    record = _record(registry, model, version)
    path = registry.artefact(record.run_id, MODEL)
    encoder = read_encoder(registry.artefact(record.run_id, CATEGORIES))
    contract = _contract(registry, record)
    _check_encoder(record, encoder, contract)
    rows = _trial_rows(contract, encoder)
    tried = try_model(path, record.model_sha256, rows)
    booster = read_booster(path, record.model_sha256)
    booster.set_param({"nthread": threads})
    ways = [score(booster, rows).tolist() for score in (score_matrix, score_as_training)]
    if booster.feature_names != encoder.names or ways != [tried, tried]:
        raise _damaged(record, "has other features than its categories file, or scores otherwise than on trial")
    cli.say(f"loaded {model} version {version}, sha256 {record.model_sha256[:12]}, tried on {len(rows)} rows")
    loaded = LoadedVersion(
        model, version, record.run_id, record.model_sha256, record.training_set, contract, encoder, booster
    )
    loaded.prepare()
    return loaded


def champion_line(registry: Registry, ledger_url: str, model: str) -> Promotion:
    """The ledger's newest line of `model`.

    Raises `Missing` (`serving.no_champion`) when there is none, and as `known_champion`.
    """
    line = known_champion(registry, ledger_url, model)
    if line is None:
        known = ledger.models(ledger_url)
        step = "promote a version, or serve one by its number: --version N"
        raise Missing(
            "serving.no_champion",
            f"Model {model} has no champion in {ledger.shown(ledger_url)}; those that have one: "
            f"{', '.join(known) or 'none'}.",
            next_step=f"Name one of them, {step}" if known else f"Either {step}",
        )
    return line


def load_line(registry: Registry, line: Promotion, threads: int = 1) -> LoadedVersion:
    """The version that a line of the ledger made champion; as `load_version`, and its MLflow run is the line's."""
    loaded = load_version(registry, line.model, line.version, threads)
    if loaded.run_id != line.run_id:
        raise Damaged(
            "serving.champion_differs",
            f"Version {line.version} of {line.model} is of MLflow run {loaded.run_id}; the ledger has {line.run_id}.",
            next_step="Use the ledger and the MLflow database that belong together (PIPELINE_LEDGER, PIPELINE_MLFLOW).",
        )
    return loaded


def _record(registry: Registry, model: str, version: int) -> RunRecord:
    try:
        record = registry.model_version(model, version)
    except Missing as error:
        there = ", ".join(map(str, registry.versions(model)))
        other = "set PIPELINE_MLFLOW to the registry that has it."
        raise Missing(
            "serving.version_missing",
            f"Model {model} has no version {version} that can be served; MLflow at {shown(registry.tracking_uri)} has: "
            f"{there or 'none'}.",
            next_step=f"Name one of them, or {other}" if there else f"Restore MLflow's database, train one, or {other}",
        ) from error
    if (record.model, record.status) != (model, FINISHED):
        raise _damaged(record, f"was logged for {record.model} and is {record.status}, not {model} and {FINISHED}")
    return record


def _contract(registry: Registry, record: RunRecord) -> Contract:
    """The contract that the model was trained under, as the MLflow run holds it."""
    try:
        told = json.loads(registry.artefact(record.run_id, TRAINING_SET).read_bytes())
        if (told["id"], told["content"]) != (record.training_set, record.tags["content"]):
            raise _damaged(record, f"holds the facts of training set {told['id']}, not of {record.training_set}")
        return Contract.from_dict(told["contract"])
    except (ValueError, KeyError, TypeError, BadInput) as error:
        if isinstance(error, Missing):
            raise
        raise _damaged(record, f"has no readable {TRAINING_SET}: {error}") from error


def _check_encoder(record: RunRecord, encoder: Encoder, contract: Contract) -> None:
    try:
        encoder.check(contract)
    except BadInput as error:
        raise _damaged(record, f"was fitted on other columns than its training set has: {error.message}") from error
    texts = {name for name, kind in encoder.types.items() if kind == "varchar"}
    if not encoder.names or texts != set(encoder.categories):
        raise _damaged(record, "has no features, or lists of categories of other features than its texts")


def _trial_rows(contract: Contract, encoder: Encoder) -> Floats:
    """All missing, all at the lower bound, all at the upper one, all zero, and each feature missing in turn."""
    ends = np.array([_ends(contract, encoder, name) for name in encoder.names], dtype=np.float32).T
    each = np.where(np.eye(len(encoder.names), dtype=bool), np.float32(np.nan), ends[1])
    return np.vstack([np.full_like(ends[:1], np.nan), ends, np.zeros_like(ends[:1]), each]).astype(np.float32)


def _ends(contract: Contract, encoder: Encoder, name: str) -> tuple[float, float]:
    if name in encoder.categories:
        return 0, max(0, len(encoder.categories[name]) - 1)
    low, high = contract.column(name).bounds or (0, 1)
    return -1e6 if low is None else low, 1e6 if high is None else high


def _damaged(record: RunRecord, how: str) -> Damaged:
    return Damaged(
        "serving.run_damaged",
        f"MLflow run {record.run_id} of {record.model}, version {record.version}, {how}.",
        next_step="Train again, or serve a version that is whole.",
    )
