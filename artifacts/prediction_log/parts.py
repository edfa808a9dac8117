"""Published parts: the compacted predictions of one model version and day, as Parquet under a manifest."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq

from artifacts import publish, storage
from artifacts.errors import Damaged
from artifacts.manifest import MANIFEST
from artifacts.prediction_log.moments import Moments, moments_of, parsed
from artifacts.prediction_log.record import Prediction
from artifacts.stamps import Stamp

KIND = "predictions"
FILE = "predictions.parquet"
# Nothing makes it again: its segments were removed once it was published.
MEND = "Restore it from a copy, under its own name."
COPIED = "Move the one of both that is a copy out of the log."


@dataclass(frozen=True, order=True)
class Key:
    """What a part is about; `day` is that of `asked_at`, in UTC."""

    model: str
    version: int
    day: date

    @classmethod
    def of(cls, one: Prediction) -> "Key":
        return cls(one.model, one.version, one.asked_at.date())

    def uri(self, into: str) -> str:
        """The folder of its parts; the names are those that DuckDB takes for columns (`hive_partitioning`)."""
        return f"{into}/model={self.model}/version={self.version}/day={self.day}"


@dataclass(frozen=True)
class Part:
    """One published part: the predictions of `key` that came from `segments`, none of which another part has.

    `moments` are those of its rows; None in a part from before manifests had them.
    """

    key: Key
    segments: frozenset[str]
    predictions: int
    published: publish.Published
    moments: Moments | None

    @property
    def name(self) -> str:
        """That of its folder."""
        return self.published.uri.rsplit("/", 1)[-1]

    def file(self) -> Path:
        """Its Parquet file, checked against the manifest: columns of `schema_of`, one row a prediction."""
        return self.published.file(FILE)

    def verify(self) -> None:
        """Check the file's bytes, its rows and their moments; raises `Damaged` (`publish.damaged`)."""
        path = self.file()
        with pq.ParquetFile(path) as file:
            self._check_rows(file.metadata.num_rows)
        if self.moments is not None and self.moments != moments_of(path):
            raise _damaged(self.published.uri, "its rows are of other moments than its manifest says")

    def _check_rows(self, rows: int) -> None:
        if rows != self.predictions:
            raise _damaged(self.published.uri, f"{rows} rows, its manifest says {self.predictions}")


def part_name(segments: list[str]) -> str:
    """The name of a part made from these segments, in order: the same ones give the same name."""
    return f"{segments[0]}.{sha256(' '.join(segments).encode()).hexdigest()[:12]}"


def read_part(uri: str) -> publish.Published:
    """What is published there; raises as `publish.read` does."""
    return publish.read(uri, KIND, MEND)


def parts_of(into: str, key: Key) -> list[Part]:
    """The parts of a key by name; raises `Damaged` (`publish.damaged`), also when two have rows of one segment."""
    found = [_part(key, read_part(f"{key.uri(into)}/{name}")) for name in names_of(into, key)]
    seen: dict[str, Part] = {}
    # A copy is the one whose name is not that of its segments.
    for part in sorted(found, key=lambda one: one.name != part_name(one.published.facts["segments"])):
        if twice := seen.keys() & part.segments:
            first = min(twice)
            raise _damaged(part.published.uri, f"segment {first} is in part {seen[first].name} too", COPIED)
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
        raise _damaged(f"{key.uri(into)}/{name}", f"its {MANIFEST} is gone")
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
                raise _damaged(f"{key.uri(into)}/{name}", f"its {MANIFEST} is gone, and segment {first} too")


def verify_parts(uris: Iterable[str]) -> None:
    """Check the bytes and rows of the parts that a compaction published; raises `Damaged` (`publish.damaged`)."""
    for uri in uris:
        published = read_part(uri)
        told = published.facts
        _part(Key(told["model"], told["version"], date.fromisoformat(told["day"])), published).verify()


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


def _part(key: Key, published: publish.Published) -> Part:
    facts: Mapping[str, object] = published.facts
    wanted = {"model": key.model, "version": key.version, "day": key.day.isoformat()}
    if {name: facts.get(name) for name in wanted} != wanted:
        raise _damaged(published.uri, "its manifest is about another model, version or day")
    told = published.facts.get("moments")
    moments = None if told is None else parsed(told)
    return Part(key, frozenset(published.facts["segments"]), published.facts["predictions"], published, moments)


def _damaged(uri: str, what: str, mend: str = MEND) -> Damaged:
    return Damaged("publish.damaged", f"{uri} is damaged: {what}.", next_step=mend)
