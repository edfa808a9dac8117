"""The prediction log as a view of DuckDB: what a model was asked and answered, in the types of its features."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from artifacts import cli
from artifacts.binning import Bins, quoted, text
from artifacts.leftovers import temporary_folder
from artifacts.plural import many
from artifacts.prediction_log import Log, backlog, tables
from monitoring.described import Described
from monitoring.window import Window

MEMORY = "1GB"
TABLE = "answers"
# No name of a feature: those have no colon.
SEGMENT = "log:segment"
_NUMBERS = (pa.int64(), pa.float64())
_FITTING = {"number": _NUMBERS, "category": (pa.string(), pa.bool_())}


@dataclass(frozen=True)
class Answers:
    """A connection with the view `answers`, and by feature why its values cannot be read in one type somewhere.

    Columns: `moment` (the entity's `observed_at`, else when it was asked), `day`, `asked_at`, `version`,
    `model_sha256`, `prediction_id`, `score`, `SEGMENT`, where it is logged, each feature (double or text), each column
    of the entity in `keys`, and `mixed`, the names of the features that are null because they cannot be read.
    """

    connection: duckdb.DuckDBPyConnection
    mixed: Mapping[str, str]
    keys: Sequence[str]

    def mixed_in(self, rows: str) -> dict[str, str]:
        """Those of `mixed` that `rows` (SQL) have."""
        if not self.mixed:
            return {}
        found = self.connection.execute(f"select distinct unnest(mixed) from {rows}").fetchall()  # noqa: S608
        return {name: why for name, why in self.mixed.items() if (name,) in found}

    def rows(self, window: Window, version: int, without: Sequence[object] = ()) -> str:
        """SQL for the rows of a version in a window, without the days named."""
        days = "".join(f" and day <> date '{day}'" for day in without)
        return (
            f"(select * from {TABLE} where version = {version} and moment >= timestamp '{window.start}' "  # noqa: S608
            f"and moment < timestamp '{window.end}'{days})"
        )


@contextmanager
def open_answers(log: Log, described: Described, window: Window) -> Iterator[Answers]:
    """All answers of `log` that may lie in `window`, compacted or not; raises `Damaged` (`log.damaged`).

    Types are those of the version `described`: what another version was asked, or was not, makes no feature mixed.
    """
    features, entity = list(described.features.values()), described.contract.entity
    observed_at = described.contract.observed_at
    _say_why_slow(log.folder)
    with (
        tables(log, observed_at, window.start, window.end) as files,
        # Else it would spill into the working directory.
        temporary_folder("answers-spill") as spill,
        duckdb.connect(config={"temp_directory": str(spill), "memory_limit": MEMORY}) as connection,
    ):
        mixed: dict[str, str] = {}
        wanted = [*entity, observed_at]
        own = [path for path in files if _may_be_of(path, described.run.version or 0)]
        others = [path for path in files if path not in own]
        selects = [_select(schema, group, features, wanted, mixed) for schema, group in _by_schema(own)]
        selects += [_select(schema, group, features, wanted, {}) for schema, group in _by_schema(others)]
        empty = _select(pa.schema([]), [], features, wanted, {})
        connection.execute(f"create view {TABLE} as " + " union all by name ".join([*selects, empty]))
        keys = [name for name in wanted if any(_has_key(schema, name) for schema, _ in _by_schema(files))]
        yield Answers(connection, mixed, keys)


def _say_why_slow(folder: Path) -> None:
    left = backlog(folder)
    if left.predictions:
        cli.say(
            f"reading {many(left.segments, 'segment')} of the log with {many(left.predictions, 'prediction')} of all "
            "models, whatever the window: not compacted yet, which is slow. To compact: python -m serving compact"
        )


def _by_schema(files: Sequence[Path]) -> list[tuple[pa.Schema, list[Path]]]:
    groups: list[tuple[pa.Schema, list[Path]]] = []
    for path in files:
        schema = pq.read_schema(path)
        same = next((group for one, group in groups if one.equals(schema)), None)
        if same is None:
            groups.append((schema, [path]))
        else:
            same.append(path)
    return groups


def _select(
    schema: pa.Schema, files: Sequence[Path], features: Sequence[Bins], keys: Sequence[str], mixed: dict[str, str]
) -> str:
    moment = f"coalesce(entity.{quoted(keys[-1])}, asked_at)" if _is_moment(schema, keys[-1]) else "asked_at"
    columns = [f"{moment} as moment", f'cast({moment} as date) as "day"']
    columns += [f"{name}" for name in ("asked_at", "version", "model_sha256", "prediction_id", "score")]
    columns += [f"segment as {quoted(SEGMENT)}"]
    columns += [_key(schema, name) for name in keys]
    here: dict[str, str] = {}
    columns += [_feature(schema, bins, here, files) for bins in features]
    columns += [f"[{', '.join(map(text, here))}]::varchar[] as mixed"]
    mixed |= here
    if files:
        source = f"read_parquet([{', '.join(text(str(path)) for path in files)}])"
    else:
        source = (
            "(select null::timestamp as asked_at, null::bigint as version, null::varchar as model_sha256, "
            "null::varchar as prediction_id, null::double as score, null::varchar as segment) where false"
        )
    return f"select {', '.join(columns)} from {source}"  # noqa: S608  names and texts are quoted


def _may_be_of(path: Path, version: int) -> bool:
    """Whether the file's statistics leave room for a row of the version; without statistics they do."""
    with pq.ParquetFile(path) as file:
        place = [file.schema.column(at).path for at in range(len(file.schema.names))].index("version")
        found = [file.metadata.row_group(group).column(place).statistics for group in range(file.num_row_groups)]
    return any(one is None or not one.has_min_max or one.min <= version <= one.max for one in found)


def _field(schema: pa.Schema, struct: str, name: str) -> pa.DataType | None:
    if struct not in schema.names:
        return None
    kind = schema.field(struct).type
    place = kind.get_field_index(name)
    return None if place < 0 else kind.field(place).type


def _is_moment(schema: pa.Schema, name: str) -> bool:
    return bool(_field(schema, "entity", name) == pa.timestamp("us"))


def _has_key(schema: pa.Schema, name: str) -> bool:
    return _field(schema, "entity", name) is not None


def _key(schema: pa.Schema, name: str) -> str:
    value = f"cast(entity.{quoted(name)} as varchar)" if _has_key(schema, name) else "null::varchar"
    return f"{value} as {quoted('key:' + name)}"


def _feature(schema: pa.Schema, bins: Bins, mixed: dict[str, str], files: Sequence[Path]) -> str:
    name, target = quoted(bins.name), "double" if bins.kind == "number" else "varchar"
    found = _field(schema, "features", bins.name)
    if found in _FITTING[bins.kind]:
        return f"cast(features.{name} as {target}) as {name}"
    # Only nulls are logged as doubles, whatever the type.
    if files and not (found == pa.float64() and _all_null(files, bins.name)):
        mixed[bins.name] = f"{'missing' if found is None else f'logged as {found}'}, wanted a {bins.kind}"
    return f"null::{target} as {name}"


def _all_null(files: Sequence[Path], name: str) -> bool:
    for path in files:
        with pq.ParquetFile(path) as file:
            found = file.read(columns=[f"features.{name}"]).column("features")
        if pc.count(pc.struct_field(found, [0])).as_py():
            return False
    return True
