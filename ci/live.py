"""The models that configs train, on which training set, and which version of each is champion here."""

from dataclasses import dataclass

from artifacts import ledger
from artifacts.errors import Refusal
from artifacts.places import read_places
from training.choose_configs import CONFIGS
from training.read_config import read_config


@dataclass(frozen=True)
class Live:
    """A model; `champion` is None where the ledger has none, or there is no ledger here (as in CI)."""

    model: str
    training_set: str
    champion: int | None


def live_models() -> tuple[Live, ...]:
    """Every model that a config under `training/configs/` trains."""
    configs = [read_config(path) for path in sorted(CONFIGS.glob("*.yaml"))]
    return tuple(Live(config.model, config.training_set, _champion(config.model)) for config in configs)


def _champion(model: str) -> int | None:
    places = read_places()
    if places.ledger.startswith("sqlite:///") and not (places.home / "mlflow" / "ledger.db").exists():
        return None
    try:
        line = ledger.champion(places.ledger, model)
    except Refusal:
        return None
    return line.version if line else None
