"""The published parts: which there are, by model version and day, and that none of them is lost or is there twice."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta

from artifacts import publish, storage
from artifacts.manifest import MANIFEST
from artifacts.prediction_log.part import Key, Part, damaged, part_name, part_of, read_part
from artifacts.stamps import Stamp

COPIED = "Move the one of both that is a copy out of the log."


def parts_of(into: str, key: Key) -> list[Part]:
    """The parts of a key by name; raises `Damaged` (`publish.damaged`), also when two have rows of one segment."""
    found = [part_of(key, read_part(f"{key.uri(into)}/{name}")) for name in names_of(into, key)]
    seen: dict[str, Part] = {}
    # A copy is the one whose name is not that of its segments.
    for part in sorted(found, key=lambda one: one.name != part_name(one.published.facts["segments"])):
        if twice := seen.keys() & part.segments:
            first = min(twice)
            raise damaged(part.published.uri, f"segment {first} is in part {seen[first].name} too", COPIED)
        seen |= dict.fromkeys(part.segments, part)
    return found


def names_of(into: str, key: Key) -> list[str]:
    """The names of the parts of a key; raises as `stamps_of`."""
    return [*stamps_of(into, key)]


def stamps_of(into: str, key: Key) -> dict[str, Stamp]:
    """The parts of a key by name, each with the stamp of its manifest.

    Raises `Damaged` (`publish.damaged`) when one on a disk lost it.
    """
    found = publish.stamps(key.uri(into))
    if None in found.values() and storage.is_local(into):
        name = next(name for name, stamp in found.items() if stamp is None)
        raise damaged(f"{key.uri(into)}/{name}", f"its {MANIFEST} is gone")
    return {name: stamp for name, stamp in found.items() if stamp is not None}


def refuse_lost(into: str, found: Iterable[Part], segments: Collection[str], model: str) -> None:
    """Raise `Damaged` (`publish.damaged`) for a part in an object store that has lost its manifest.

    There a killed or unfinished upload leaves a folder without one too; then its first segment, which its name begins
    with, is still among the `segments` of the log, or in a part that was published later: one is removed only once its
    rows are published.
    """
    if storage.is_local(into):
        return
    there = {(part.key, segment) for part in found for segment in part.segments}
    for key in keys(into, model):
        for name, stamp in publish.stamps(key.uri(into)).items():
            first = name.rsplit(".", 1)[0]
            if stamp is None and first not in segments and (key, first) not in there:
                raise damaged(f"{key.uri(into)}/{name}", f"its {MANIFEST} is gone, and segment {first} too")


def verify_parts(uris: Iterable[str]) -> None:
    """Check the bytes and rows of the parts that a compaction published; raises `Damaged` (`publish.damaged`)."""
    for uri in uris:
        published = read_part(uri)
        told = published.facts
        part_of(Key(told["model"], told["version"], date.fromisoformat(told["day"])), published).verify()


def parts(
    into: str,
    *,
    model: str | None = None,
    version: int | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[Part]:
    """The parts by model, version, day and name that may have a prediction with start <= `asked_at` < end (UTC)."""
    return [
        part for key in keys(into, model, version) if _overlaps(key.day, start, end) for part in parts_of(into, key)
    ]


def keys(into: str, model: str | None = None, version: int | None = None) -> list[Key]:
    """What there may be parts of, by model, version and day."""
    return sorted(
        Key(a_model, int(a_version), date.fromisoformat(day))
        for a_model in _named(into, "model")
        if model in {None, a_model}
        for a_version in _named(f"{into}/model={a_model}", "version")
        if version in {None, int(a_version)}
        for day in _named(f"{into}/model={a_model}/version={a_version}", "day")
    )


def _named(uri: str, column: str) -> list[str]:
    prefix = f"{column}="
    return [name.removeprefix(prefix) for name in storage.children(uri) if name.startswith(prefix)]


def _overlaps(day: date, start: datetime | None, end: datetime | None) -> bool:
    midnight = datetime.combine(day, time())
    return (end is None or midnight < end) and (start is None or start - midnight < timedelta(days=1))
