"""The models that configs train, on which training set, and which version of each is champion here."""

from dataclasses import dataclass

from artifacts import ledger
from artifacts.errors import Refusal
from artifacts.places import read_places
from training.choose_configs import CONFIGS
from training.read_config import read_config


@dataclass(frozen=True)
class Live:
    """A model; `champion` is None where the ledger has none, or where it cannot say: `unknown` is then its refusal."""

    model: str
    training_set: str
    champion: int | None
    unknown: str | None = None


def live_models() -> tuple[Live, ...]:
    """Every model that a config under `training/configs/` trains, with what the ledger of this machine says of it."""
    configs = [read_config(path) for path in sorted(CONFIGS.glob("*.yaml"))]
    return tuple(Live(config.model, config.training_set, *_champion(config.model)) for config in configs)


def _champion(model: str) -> tuple[int | None, str | None]:
    try:
        line = ledger.champion(read_places().ledger, model)
    except Refusal as refusal:
        return None, refusal.code
    return (line.version if line else None), None
