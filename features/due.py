"""Which training sets are due, and as of when: what a person named, what drifted, or all when rows landed."""

from collections.abc import Mapping, Sequence
from typing import Any

from artifacts import cli
from artifacts.findings import read_findings
from artifacts.landed import declared_sources, landed_until
from artifacts.places import Places
from artifacts.training_set import parse_id


def due(
    places: Places,
    name: str | None,
    as_of: str | None,
    names: Sequence[str],
    *,
    landed: bool = False,
    drifted: Sequence[Mapping[str, Any] | None] = (),
) -> list[dict[str, str]]:
    """Pairs of `name` and `as_of` (YYYY-MM-DD): of the `name` that a person gave, or else of what the events ask for.

    Events of drift alone, whose extras `drifted` name `findings`, ask for the sets that the drifted models were
    trained on; an event that names none asks, as do rows that `landed`, for all `names`.
    """
    moment = as_of or f"{landed_until(places.raw, declared_sources()):%Y-%m-%d}"
    found: list[Any] = [(extra or {}).get("findings") for extra in drifted]
    if name:
        wanted = [name]
    elif landed or not found or not all(isinstance(each, list) and each for each in found):
        wanted = list(names)
    else:
        wanted = sorted({_trained_on(places, str(identity)) for each in found for identity in each})
        cli.say(f"Drift alone asks for: {', '.join(wanted)}")
    return [{"name": one, "as_of": moment} for one in wanted]


def _trained_on(places: Places, findings: str) -> str:
    return parse_id(read_findings(places.findings, findings).training_set)[0]
