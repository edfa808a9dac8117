"""The alerts of a model, where its findings were taken in: without that, that none is there says nothing."""

from collections.abc import Sequence

from artifacts import alerts, ledger
from artifacts.alerts import Alert
from artifacts.database import masked
from artifacts.errors import Missing
from plugins.on_call.drift import newest_first
from plugins.on_call.home import Home


def alerts_of(home: Home, model: str) -> Sequence[Alert]:
    """Every alert of the model, open and past.

    Raises `Missing` (`alerts.lost`) when a version that was champion was checked, and no findings of the model were
    ever taken in: the alerts were lost, or all was checked by hand, which tells nobody.
    """
    url = home.places.alerts
    known = alerts.history(url, model)
    if not known and model not in alerts.models(url):
        _refuse_lost(home, model)
    return known


def _refuse_lost(home: Home, model: str) -> None:
    champions = {line.version for line in ledger.history(home.places.ledger, model)}
    checked = next((one for one in newest_first(home, model) if one.version in champions), None)
    if checked is not None:
        raise Missing(
            "alerts.lost",
            f"The alerts in {masked(home.places.alerts)} took in no findings of {model}, and findings of its version "
            f"{checked.version} are published: what is open is not known.",
            next_step="Restore the alerts from their backup, or correct PIPELINE_ALERTS. If there is none, or all was "
            f"checked by hand, take in what was found last: python -m monitoring update --findings {checked.id}",
        )
