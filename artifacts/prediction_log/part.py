"""One published part: the compacted predictions of one model version and day, as Parquet under a manifest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq

from artifacts import publish
from artifacts.errors import Damaged
from artifacts.prediction_log.moments import Moments, moments_of, parsed
from artifacts.prediction_log.record import Prediction

KIND = "predictions"
FILE = "predictions.parquet"
# Nothing makes it again: its segments were removed once it was published.
MEND = "Restore it from a copy, under its own name."


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
            raise damaged(self.published.uri, "its rows are of other moments than its manifest says")

    def _check_rows(self, rows: int) -> None:
        if rows != self.predictions:
            raise damaged(self.published.uri, f"{rows} rows, its manifest says {self.predictions}")


def part_name(segments: list[str]) -> str:
    """The name of a part made from these segments, in order: the same ones give the same name."""
    return f"{segments[0]}.{sha256(' '.join(segments).encode()).hexdigest()[:12]}"


def read_part(uri: str) -> publish.Published:
    """What is published there; raises as `publish.read` does."""
    return publish.read(uri, KIND, MEND)


def part_of(key: Key, published: publish.Published) -> Part:
    """What is published there as a part of `key`; raises `Damaged` (`publish.damaged`) when it is of another."""
    facts: Mapping[str, object] = published.facts
    wanted = {"model": key.model, "version": key.version, "day": key.day.isoformat()}
    if {name: facts.get(name) for name in wanted} != wanted:
        raise damaged(published.uri, "its manifest is about another model, version or day")
    told = published.facts.get("moments")
    moments = None if told is None else parsed(told)
    return Part(key, frozenset(published.facts["segments"]), published.facts["predictions"], published, moments)


def damaged(uri: str, what: str, mend: str = MEND) -> Damaged:
    """The refusal of a part that is not what was published."""
    return Damaged("publish.damaged", f"{uri} is damaged: {what}.", next_step=mend)
