"""Whether ledger and MLflow belong together: a home that lost one or both is not well, and no backup is made of it."""

from artifacts.champion_alias import refuse_lost_ledgers
from artifacts.lost_champion import refuse_lost_champions
from artifacts.lost_home import refuse_lost_home
from artifacts.places import Places
from artifacts.registry import Registry


def refuse_lost(places: Places) -> None:
    """Raise `Damaged` when ledger and MLflow are not of one home.

    `home.champion_lost` and `judge.champion_differs`: MLflow has not what the ledger names; `judge.ledger_lost`: the
    ledger has not what MLflow names.
    """
    registry = Registry.at(places)
    refuse_lost_champions(registry, places.ledger)
    refuse_lost_ledgers(registry, places.ledger)
    refuse_lost_home(registry, places)
