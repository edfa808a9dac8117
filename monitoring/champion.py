"""Which version of a model serves, as the ledger says, and what is said where it says none."""

from artifacts import ledger
from artifacts.champion_alias import known_champion
from artifacts.errors import Missing
from artifacts.places import Places
from artifacts.registry import Registry


def champion_version(places: Places, model: str) -> int:
    """The champion's version.

    Raises `Missing` (`monitoring.no_champion`) when the model never had one, and as `known_champion`.
    """
    registry = Registry.at(places)
    line = known_champion(registry, places.ledger, model)
    if line is not None:
        return line.version
    raise Missing(
        "monitoring.no_champion",
        f"Model {model} has no champion in {ledger.shown(places.ledger)}.",
        next_step=f"Name one of its versions, {', '.join(map(str, registry.versions(model)))}: --version N",
    )
