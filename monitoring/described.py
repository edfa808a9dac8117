"""What a model version was trained on and promised, read from its MLflow run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from artifacts.baseline import FILE, Baseline, read_baseline
from artifacts.binning import Bins
from artifacts.contract import Contract
from artifacts.encoder import CATEGORIES, read_encoder
from artifacts.errors import Damaged, Missing
from artifacts.findings import Reason
from artifacts.registry import Registry, RunRecord


@dataclass(frozen=True)
class Described:
    """A version's MLflow run, contract and features (without edges); its baseline, or why there is none."""

    run: RunRecord
    contract: Contract
    features: Mapping[str, Bins]
    baseline: Baseline | Reason


def read_described(registry: Registry, model: str, version: int) -> Described:
    """Read the version; raises `Missing` (`registry.missing`) and `Damaged` for all but the baseline."""
    run = registry.model_version(model, version)
    told = json.loads(registry.artefact(run.run_id, "training_set.json").read_text(encoding="utf-8"))
    contract = Contract.from_dict(told["contract"])
    features = {
        name: Bins(name, "number" if contract.column(name).is_numeric else "category")
        for name in read_encoder(registry.artefact(run.run_id, CATEGORIES)).names
    }
    return Described(run, contract, features, _baseline(registry, run, features))


def _baseline(registry: Registry, run: RunRecord, features: Mapping[str, Bins]) -> Baseline | Reason:
    command = f"Make it: python -m training baseline --run {run.run_id}"
    try:
        found = read_baseline(registry.artefact(run.run_id, FILE))
    except Missing:
        text = f"Version {run.version} of {run.model} has no baseline, none that was kept or none any longer."
        return Reason.with_step("baseline.missing", text, command)
    except Damaged as refusal:
        return Reason.with_step("baseline.damaged", refusal.message, command)
    kinds = {name: bins.kind for name, (bins, _) in found.features.items()}
    wanted = {name: bins.kind for name, bins in features.items()}
    if (found.model_sha256, found.training_set, kinds) != (run.model_sha256, run.training_set, wanted):
        text = f"The baseline on MLflow run {run.run_id} is that of another model or training set."
        return Reason.with_step("baseline.other_model", text, command)
    return found
