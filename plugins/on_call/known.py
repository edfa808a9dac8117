"""Which models there are, by whoever may know: the ledger, the alerts and MLflow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from artifacts import alerts, ledger
from plugins.on_call.home import Home
from plugins.on_call.section import within


@dataclass(frozen=True)
class Known:
    """The models that anything knows of, and why who cannot be asked, by `ledger`, `alerts` and `mlflow`."""

    names: frozenset[str]
    silent: Mapping[str, Exception]

    @property
    def only(self) -> str | None:
        """The one model there is, also while MLflow cannot be asked."""
        return next(iter(self.names)) if len(self.names) == 1 and self.silent.keys() <= {"mlflow"} else None

    def may_be(self, model: str) -> bool:
        """Whether there is such a model, as far as it can be known."""
        return model in self.names or bool(self.silent)


def known_at_once(home: Home, model: str) -> bool:
    """Whether the ledger knows it: the quick answer for most pages."""
    try:
        return model in within("whether the ledger knows it", lambda: ledger.models(home.places.ledger), home.patience)
    except Exception:
        return False


def known_models(home: Home) -> Known:
    """Ask each of the three, once for each page."""
    return home.once(("known",), lambda: _asked(home))


def _asked(home: Home) -> Known:
    places = home.places
    sources: Mapping[str, Callable[[], list[str]]] = {
        "ledger": lambda: ledger.models(places.ledger),
        "alerts": lambda: list(alerts.models(places.alerts)),
        "mlflow": home.registry.models,
    }
    names: set[str] = set()
    silent: dict[str, Exception] = {}
    for source, ask in sources.items():
        try:
            names.update(within(f"models in {source}", ask, home.patience))
        except Exception as error:
            silent[source] = error
    return Known(frozenset(names), silent)
