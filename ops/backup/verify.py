"""Hold everything published, and every file of every model version, against the sha256 under which it was written."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from artifacts import cli, storage
from artifacts.errors import Damaged
from artifacts.leftovers import temporary_folder
from artifacts.lost import refuse_lost
from artifacts.manifest import MANIFEST
from artifacts.places import Places
from artifacts.plural import many
from artifacts.publish import read
from artifacts.registry import Registry
from artifacts.registry.record import logged_files
from ops.backup.copying import files
from ops.backup.nothing import nothing_to

_PUBLISHED = ("raw", "training_sets", "upcoming", "prediction_parts", "findings")


@dataclass(frozen=True)
class Verified:
    """How much was held against its sha256: published folders by place, and model versions."""

    folders: dict[str, int]
    models: int

    def lines(self) -> list[str]:
        """For a person."""
        told = [f"{number} of {name.replace('_', ' ')}" for name, number in self.folders.items()]
        return [f"verified by sha256: {', '.join(told)}, {many(self.models, 'model version')}"]


def verify(places: Places) -> Verified:
    """Read everything back; raises `Damaged` that names what differs first.

    That is `publish.damaged`, `registry.damaged`, or what `refuse_lost` raises.
    """
    folders = {}
    for name in _PUBLISHED:
        cli.say(f"verifying {name}")
        found = list(_folders(str(getattr(places, name))))
        for uri, kind in found:
            read(uri, kind).verify()
        folders[name] = len(found)
    cli.say("verifying models")
    models = set(_models(Registry.at(places)))
    refuse_lost(places)
    return Verified(folders, len(models))


def verify_something(places: Places) -> Verified:
    """As `verify`; raises `Missing` (`home.empty`) when there was nothing to hold against anything."""
    verified = verify(places)
    if not any((*verified.folders.values(), verified.models)):
        raise nothing_to("verify", places.home)
    return verified


def _folders(place: str) -> Iterator[tuple[str, str]]:
    for name in files(place):
        folder, _, file = f"{place}/{name}".rpartition("/")
        if file == MANIFEST:
            try:
                kind = json.loads(storage.content(folder, MANIFEST) or b"")["kind"]
            except (ValueError, KeyError, TypeError) as error:
                raise Damaged(
                    "publish.damaged",
                    f"{folder} has no manifest that can be read.",
                    next_step="Restore it from a copy.",
                ) from error
            yield folder, str(kind)


def _models(registry: Registry) -> Iterator[str]:
    for model in registry.models():
        for version in registry.versions(model):
            record = registry.model_version(model, version)
            with temporary_folder("verify") as scratch:
                for path in logged_files(record):
                    registry.artefact(record.run_id, path, scratch)
            yield f"{model}/{version}"
