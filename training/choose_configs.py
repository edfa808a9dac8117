"""Which configs train on a training set: those under `configs/` that carry its name."""

from contextlib import suppress
from pathlib import Path

from artifacts.errors import BadInput
from artifacts.training_set import parse_id
from training.read_config import named_set, read_config

CONFIGS = Path(__file__).resolve().parent / "configs"


def configs_of(training_set: str, config: str | None = None, folder: Path = CONFIGS) -> list[str]:
    """The names of the configs for training set NAME/VERSION, sorted; of one `config` only, if named.

    Raises `BadInput` (`config.wrong_set`) when the named config trains on another set, or when no config does on this;
    and as `read_config` for one that trains on this set, or of which nobody can tell on which.
    """
    name, _ = parse_id(training_set)
    wanted = [folder / f"{config}.yaml"] if config else sorted(folder.glob("*.yaml"))
    trains_on = {path.stem: named_set(path) or read_config(path).training_set for path in wanted}
    found = [stem for stem, other in trains_on.items() if other == name]
    for stem in found:
        read_config(folder / f"{stem}.yaml")
    if not found:
        there = ", ".join(f"{stem} on {other}" for stem, other in trains_on.items()) or "none"
        told = f"Config {config} does not train on" if config else "No config trains on"
        raise BadInput(
            "config.wrong_set",
            f"{told} {name}; there are: {there}.",
            next_step=f"Write training/configs/NAME.yaml with training_set: {name}, or name another set.",
        )
    return found


def config_of_model(model: str, folder: Path = CONFIGS) -> str | None:
    """The name of the first config that trains `model`; None when none does of those that can be read."""
    for path in sorted(folder.glob("*.yaml")):
        with suppress(BadInput):
            if read_config(path).model == model:
                return path.stem
    return None


def trains(model: str, folder: Path = CONFIGS) -> bool:
    """Whether a config trains `model`; raises as `read_config` when only one that cannot be read may do so."""
    return config_of_model(model, folder) is not None or model in trained_models(folder)


def trained_models(folder: Path = CONFIGS) -> list[str]:
    """The sorted names of the models that the configs train; raises as `read_config`."""
    return sorted({read_config(path).model for path in folder.glob("*.yaml")})
