"""Whether ledger and MLflow belong together: in a home that lost a part of them, nothing is trained or backed up."""

from artifacts import ledger
from artifacts.champion_alias import refuse_lost_ledger
from artifacts.errors import BadInput, Damaged
from artifacts.lost_champion import refuse_lost_champion
from artifacts.lost_home import refuse_lost_home
from artifacts.places import Places
from artifacts.registry import Registry
from artifacts.registry.connect import shown
from artifacts.rejections import rejections


def refuse_lost_versions(registry: Registry, ledger_url: str, model: str) -> None:
    """Raise `Damaged` (`home.versions_lost`) for a version of `model` above MLflow's newest whose run is not there.

    An MLflow older than the ledger would give its number again. A version that a person deleted, whose number MLflow
    gives to no other, is not lost as long as its MLflow run is there, deleted or not. Raises `Unavailable` when MLflow
    cannot be asked.
    """
    newest = max(registry.versions(model), default=0)
    known = {one.version: one.run_id for one in rejections(ledger_url, model)}
    known |= {one.version: one.run_id for one in ledger.history(ledger_url, model)}
    for version, run_id in sorted(known.items(), reverse=True):
        if version > newest and not _is_there(registry, run_id):
            raise Damaged(
                "home.versions_lost",
                f"The ledger has version {version} of {model}, from MLflow run {run_id}; MLflow "
                f"({shown(registry.tracking_uri)}) has no such run, and its newest version is {newest or 'none'}.",
                next_step="Restore MLflow's database from the backup that goes with the ledger, or set PIPELINE_MLFLOW "
                "to the one that has it. Where all is meant to begin anew, name an empty home in PIPELINE_HOME.",
            )


def refuse_lost(places: Places, model: str | None = None) -> None:
    """Raise `Damaged` when ledger and MLflow are not of one home, as far as it is about `model`, or any.

    `home.champion_lost`, `home.versions_lost` and `judge.champion_differs`: MLflow has not what the ledger names;
    `judge.ledger_lost`: the ledger has not what MLflow names, or both are empty and something else tells of a model.
    """
    registry = Registry.at(places)
    models = {*ledger.models(places.ledger), *registry.models()} if model is None else {model}
    for one in sorted(models):
        refuse_lost_champion(registry, places.ledger, one)
        refuse_lost_ledger(registry, places.ledger, one)
        refuse_lost_versions(registry, places.ledger, one)
    refuse_lost_home(registry, places)


def _is_there(registry: Registry, run_id: str) -> bool:
    try:
        registry.run(run_id)
    except BadInput as refusal:
        # One that was deleted, or is not of ours any more, is there all the same.
        return refusal.code != "registry.missing"
    return True
