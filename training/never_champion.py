"""The refusal for a model that never had a champion: which models there are, and what makes this one a champion."""

from artifacts import ledger
from artifacts.errors import Missing
from artifacts.registry import Registry
from training.choose_configs import config_of_model


def never_champion(registry: Registry, ledger_url: str, model: str) -> Missing:
    """`ledger.no_champion`: of a candidate how it is judged, of a config how it is trained by, else what there is."""
    had = f"Models that had one, in {ledger.shown(ledger_url)}: {_listed(ledger.models(ledger_url))}."
    versions, config = registry.versions(model), config_of_model(model)
    if versions:
        newest = registry.model_version(model, versions[-1]).run_id
        told = f"Model {model} never had a champion; its newest candidate is version {versions[-1]}. {had}"
        step = f"Judge it, which says what to do then: python -m training judge --candidate {newest}"
    elif config is not None:
        told = f"Model {model} never had a champion, since it was never trained. {had}"
        step = f"Train it: python training/train.py --config training/configs/{config}.yaml --training-set NAME/VERSION"
    else:
        told = f"There is no model {model}: it has no champion, no version and no config. {had}"
        step = (
            f"Name one that there is ({_listed(registry.models())}), or set PIPELINE_LEDGER to the ledger that has it."
        )
    return Missing("ledger.no_champion", told, next_step=step)


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
