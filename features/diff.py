"""Tell two versions of a training set apart: columns, rows, distributions, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from artifacts.errors import BadInput
from artifacts.training_set import TrainingSet
from artifacts.why_differ import Why, explain
from features.diff_features import Distribution, Move, compare_features, describe
from features.diff_rows import Rows, common_columns, compare_rows, connect

SHOWN = 12


@dataclass(frozen=True)
class Diff:
    """What differs from version `old` to version `new`; `retyped` are columns of both with another type.

    `moves` are of features of both versions with one type, `distributions` of all others.
    """

    old: str
    new: str
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    retyped: tuple[str, ...]
    rows: Rows
    label_rate: tuple[float, float]
    moves: tuple[Move, ...]
    distributions: tuple[Distribution, ...]
    why: Why

    def to_dict(self) -> dict[str, Any]:
        """The diff as JSON objects."""
        return asdict(self)


def diff(old: TrainingSet, new: TrainingSet) -> Diff:
    """Compare two versions of one training set, rows matched by entity; raises `BadInput` (`features.other_set`)."""
    if old.name != new.name:
        raise BadInput(
            "features.other_set",
            f"{old.id} and {new.id} are versions of different training sets.",
            next_step="Name two versions of one.",
        )
    before, after = ([column.name for column in each.contract.columns] for each in (old, new))
    common = common_columns(old, new)
    names = {column.name for column in common}
    features = [column for column in common if column.role == "feature"]
    with old.published.reading(), new.published.reading(), connect(old, new) as connection:
        rows = compare_rows(connection, old, new)
        moves = compare_features(connection, features)
        alone = [*describe(connection, "old", old, set(before) - names)]
        alone += describe(connection, "new", new, set(after) - names)
    return Diff(
        old=old.id,
        new=new.id,
        columns_added=tuple(name for name in after if name not in before),
        columns_removed=tuple(name for name in before if name not in after),
        retyped=tuple(name for name in after if name in before and name not in names),
        rows=rows,
        label_rate=(old.facts["label_rate"], new.facts["label_rate"]),
        moves=tuple(moves),
        distributions=tuple(alone),
        why=explain(old, new),
    )


def summary(found: Diff) -> str:
    """The diff as one sentence."""
    rows, why = found.rows, found.why
    differ = _rows_differ(rows)
    causes = [
        (why.window, "the window moved"),
        (differ and why.landed, f"{len(why.landed)} partitions landed"),
        (differ and (why.restated or why.gone), f"{len(why.restated) + len(why.gone)} partitions were restated"),
        (why.sql_changed or why.sql_added or why.sql_removed, "the SQL changed"),
        (found.columns_added or found.columns_removed or why.contract, "the contract changed"),
        (why.tools, "the tools changed"),
    ]
    because = ", ".join(text for there, text in causes if there) or "nothing that feeds it changed"
    moved = f"; {found.moves[0].column} moved most (PSI {found.moves[0].psi:.3f})" if found.moves else ""
    return (
        f"{found.new} against {found.old}: {rows.came} rows came, {rows.went} went, {rows.changed} changed, "
        f"{rows.same} are the same; {because}{moved}"
    )


def lines(found: Diff) -> Iterator[str]:
    """The diff as a readable text."""
    rows, why = found.rows, found.why
    yield f"from {found.old}"
    yield f"to   {found.new}"
    yield "columns: " + _changes(added=found.columns_added, removed=found.columns_removed, retyped=found.retyped)
    yield (
        f"rows: {rows.came} came ({rows.came_in_window} of them within the old window), {rows.went} went, "
        f"{rows.changed} changed, {rows.same} are the same"
    )
    for name, count in sorted(rows.changed_by_column.items(), key=lambda item: -item[1])[:SHOWN]:
        yield f"  {name}: {count} rows changed"
    yield f"label rate: {found.label_rate[0]:.4f} -> {found.label_rate[1]:.4f}"
    yield "why:"
    for name, (before, after) in why.window.items():
        yield f"  window: {name} {before} -> {after}"
    yield "  source rows: " + _source_rows(found)
    formatting = {"only formatting": why.sql_only_formatting}
    yield "  SQL: " + _changes(changed=why.sql_changed, added=why.sql_added, removed=why.sql_removed, **formatting)
    yield "  contract: " + _changes(added=found.columns_added, removed=found.columns_removed, changed=why.contract)
    yield "  tools: " + _changes(changed=[f"{k} {a} -> {b}" for k, (a, b) in why.tools.items()])
    wide = max((len(move.column) for move in found.moves), default=0)
    yield f"{'feature':<{wide}} {'PSI':>8} {'mean':>24} {'median':>24} {'null share':>24}"
    for move in found.moves:
        pairs = f"{_pair(move.mean):>24} {_pair(move.median):>24} {_pair(move.null_share):>24}"
        yield f"{move.column:<{wide}} {move.psi:>8.4f} {pairs}"
    for one in found.distributions:
        yield f"{one.column} in {one.version}: {_shape(one)}"


def _rows_differ(rows: Rows) -> bool:
    """Whether any row came, went or changed; if not, no source row can be a cause."""
    return bool(rows.came or rows.went or rows.changed)


def _source_rows(found: Diff) -> str:
    why = found.why
    other = len(why.landed) + len(why.restated) + len(why.gone)
    if other and not _rows_differ(found.rows):
        return f"{other} other partitions, and no row of a common column differs"
    return _changes(landed=why.landed, restated=why.restated, gone=why.gone)


def _shape(one: Distribution) -> str:
    told = [f"null share {one.null_share:.4g}"]
    if one.mean is not None:
        told.append(f"mean {one.mean:.4g}")
    if one.low is not None and one.high is not None:
        # What DuckDB reads from Parquet's statistics is -0.0 where 0.0 is the least.
        deciles = ", ".join(f"{value:.4g}" for value in one.deciles)
        told.append(f"from {one.low + 0:.4g} to {one.high + 0:.4g}, deciles {deciles}")
    told += [f"{value} {share:.1%}" for value, share in one.common]
    return ", ".join(told)


def _pair(pair: tuple[float | None, float | None]) -> str:
    before, after = ("-" if value is None else f"{value:.4g}" for value in pair)
    return before if before == after else f"{before} -> {after}"


def _changes(**groups: Sequence[str]) -> str:
    told = [f"{len(names)} {word} ({_few(names)})" for word, names in groups.items() if names]
    return "; ".join(told) or "the same"


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
