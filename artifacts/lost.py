"""Whether ledger and MLflow belong together: in a home that lost a part of them, nothing is trained or backed up."""

from collections.abc import Mapping

from artifacts import ledger
from artifacts.champion_alias import refuse_lost_ledger
from artifacts.errors import BadInput, Damaged
from artifacts.lost_champion import ANEW, refuse_lost_champion
from artifacts.lost_home import refuse_lost_home
from artifacts.places import Places
from artifacts.registry import Registry
from artifacts.registry.connect import shown
from artifacts.registry.numbers import NEWEST
from artifacts.rejections import models as rejected_models
from artifacts.rejections import rejections

WHOLE = (
    "Restore MLflow's database from the backup that goes with the ledger, or set PIPELINE_MLFLOW to the one that has "
    "it."
)


def refuse_lost_versions(
    registry: Registry, ledger_url: str, model: str, run_ids: Mapping[int, str] | None = None
) -> None:
    """Raise `Damaged` (`home.versions_lost`) for a version that the ledger knows and MLflow lost, or gave again.

    That is one above MLflow's newest whose MLflow run is not there: an MLflow older than the ledger gives its number
    again. Or one whose number has another MLflow run by now. A version that a person deleted, whose number MLflow gives
    to no other, is not lost as long as its MLflow run is there, deleted or not, or MLflow says that it gave the number.
    Raises `Unavailable` when MLflow cannot be asked. Whoever knows the model's `run_ids` by version saves asking for
    them.
    """
    there = registry.run_ids(model) if run_ids is None else run_ids
    newest = max(there, default=0)
    known = {one.version: one.run_id for one in rejections(ledger_url, model)}
    known |= {one.version: one.run_id for one in ledger.history(ledger_url, model)}
    for version, run_id in sorted(known.items(), reverse=True):
        if version in there and there[version] != run_id:
            found = f"has MLflow run {there[version]} under that number"
            raise _lost(registry, model, version, run_id, found)
        if version > newest and not _is_there(registry, run_id) and version > registry.newest_given(model):
            found = f"has no such run, and its newest version is {newest or 'none'}"
            gone = (
                f"If it was deleted by hand, and its run by mlflow gc, set the tag {NEWEST} of the model {model} in "
                f"MLflow to {version}: no number up to that is given again."
            )
            raise _lost(registry, model, version, run_id, found, gone)


def _lost(registry: Registry, model: str, version: int, run_id: str, found: str, *steps: str) -> Damaged:
    return Damaged(
        "home.versions_lost",
        f"The ledger has version {version} of {model}, from MLflow run {run_id}; MLflow "
        f"({shown(registry.tracking_uri)}) {found}.",
        next_step=" ".join([WHOLE, *steps, ANEW]),
    )


def refuse_lost(places: Places, model: str | None = None) -> None:
    """Raise `Damaged` when ledger and MLflow are not of one home, as far as it is about `model`, or any.

    `home.champion_lost`, `home.versions_lost` and `judge.champion_differs`: MLflow has not what the ledger names;
    `judge.ledger_lost`: the ledger has not what MLflow names, or both are empty and something else tells of a model.
    `BadInput` (`registry.tag_invalid`) as `newest_given`.
    """
    registry = Registry.at(places)
    known = {*ledger.models(places.ledger), *rejected_models(places.ledger)}
    models = {*known, *registry.models()} if model is None else {model}
    for one in sorted(models):
        refuse_lost_champion(registry, places.ledger, one)
        refuse_lost_ledger(registry, places.ledger, one)
        refuse_lost_versions(registry, places.ledger, one)
        # Before anything is trained: what the tag says is read, which raises where it says nothing that can be.
        registry.newest_given(one)
    refuse_lost_home(registry, places)


def _is_there(registry: Registry, run_id: str) -> bool:
    try:
        registry.run(run_id)
    except BadInput as refusal:
        # One that was deleted, or is not of ours any more, is there all the same.
        return refusal.code != "registry.missing"
    return True
