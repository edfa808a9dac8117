"""Which models there are, by whoever may know: the ledger, the alerts and MLflow."""

from collections.abc import Callable
from dataclasses import dataclass

from artifacts import alerts, ledger
from artifacts.registry.connect import is_there
from plugins.on_call.home import Home
from plugins.on_call.section import within


@dataclass(frozen=True)
class Known:
    """The models that anything knows of, why who cannot be asked, and whether ledger and alerts could."""

    names: frozenset[str]
    silent: tuple[Exception, ...]
    told: bool

    @property
    def only(self) -> str | None:
        """The one model there is, also while MLflow cannot be asked."""
        return next(iter(self.names)) if len(self.names) == 1 and self.told else None

    def may_be(self, model: str) -> bool:
        """Whether there is such a model, as far as it can be known."""
        return model in self.names or bool(self.silent)


def known_at_once(home: Home, model: str) -> bool:
    """Whether the ledger knows it: the quick answer for most pages."""
    try:
        return model in within(lambda: ledger.models(home.places.ledger), home.patience)
    except Exception:
        return False


def known_models(home: Home) -> Known:
    """Ask each of the three, once for each page."""
    return home.once(("known",), lambda: _asked(home))


def _asked(home: Home) -> Known:
    places = home.places
    quick: tuple[Callable[[], list[str]], ...] = (
        lambda: ledger.models(places.ledger),
        lambda: list(alerts.models(places.alerts)),
    )
    told, silent = _names(home, *quick)
    trained, down = _names(home, lambda: _trained(home))
    return Known(frozenset(told | trained), (*silent, *down), told=not silent)


def _names(home: Home, *sources: Callable[[], list[str]]) -> tuple[set[str], list[Exception]]:
    names: set[str] = set()
    silent: list[Exception] = []
    for source in sources:
        try:
            names.update(within(source, home.patience))
        except Exception as error:
            silent.append(error)
    return names, silent


def _trained(home: Home) -> list[str]:
    """By MLflow; asking it for a database that is not there would make one, which takes seconds."""
    return home.registry.models() if is_there(home.places.mlflow) else []
