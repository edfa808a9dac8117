"""Why two versions differ: SQL that changed, source rows that landed or were restated, a window that moved."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from artifacts.contract import Contract
from artifacts.training_set import TrainingSet

_TOKEN = re.compile(r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\w+|\S""", re.DOTALL)


@dataclass(frozen=True)
class Why:
    """What feeds the two versions, as far as it differs.

    Models by name: `sql_changed` compute something else, `sql_only_formatting` differ in comments, case or white space.
    Partitions by `SOURCE/TABLE/PERIOD`: `landed` are new, `restated` have other revisions, `gone` are no longer there.
    `window`: (old, new) `as_of`, first and last `observed_at`, and `tools`: versions of what computed the rows, where
    they differ. `contract`: columns described otherwise, `order of columns`, and limits of the whole set that changed.
    """

    sql_changed: tuple[str, ...]
    sql_only_formatting: tuple[str, ...]
    sql_added: tuple[str, ...]
    sql_removed: tuple[str, ...]
    landed: tuple[str, ...]
    restated: tuple[str, ...]
    gone: tuple[str, ...]
    window: Mapping[str, tuple[str | None, str | None]]
    contract: tuple[str, ...]
    tools: Mapping[str, tuple[str | None, str | None]]


def explain(old: TrainingSet, new: TrainingSet) -> Why:
    """Compare the manifests of two versions; `as_of` itself in the SQL is no change of it."""
    one, two = _models(old), _models(new)
    both = sorted(one.keys() & two.keys())
    differ = [name for name in both if one[name] != two[name]]
    changed = [name for name in differ if tokens(one[name]) != tokens(two[name])]
    before, after = _partitions(old), _partitions(new)
    return Why(
        sql_changed=tuple(changed),
        sql_only_formatting=tuple(name for name in differ if name not in changed),
        sql_added=tuple(sorted(two.keys() - one.keys())),
        sql_removed=tuple(sorted(one.keys() - two.keys())),
        landed=tuple(sorted(after.keys() - before.keys())),
        restated=tuple(sorted(key for key in before.keys() & after.keys() if before[key] != after[key])),
        gone=tuple(sorted(before.keys() - after.keys())),
        window=_pairs(_window(old), _window(new)),
        contract=_described_otherwise(old.contract, new.contract),
        tools=_pairs(old.facts.get("tools", {}), new.facts.get("tools", {})),
    )


def tokens(sql: str) -> list[str]:
    """What is left of SQL without comments, white space and, outside quotes, case."""
    found = (match.group() for match in _TOKEN.finditer(sql))
    kept = [token for token in found if not token.startswith(("--", "/*"))]
    return [token if token[0] in "'\"" else token.lower() for token in kept]


def _models(training_set: TrainingSet) -> dict[str, str]:
    names = [name for name in training_set.published.files if name.startswith("sql/")]
    as_of = f"timestamp '{training_set.as_of}'"
    return {Path(name).stem: training_set.published.file(name).read_text().replace(as_of, ":as_of") for name in names}


def _partitions(training_set: TrainingSet) -> dict[str, frozenset[str]]:
    revisions: dict[str, set[str]] = {}
    for partition in training_set.facts.get("raw", ()):
        key, revision = partition.rsplit("/", 1)
        revisions.setdefault(key, set()).add(revision)
    return {key: frozenset(found) for key, found in revisions.items()}


def _window(training_set: TrainingSet) -> dict[str, str]:
    return {"as_of": str(training_set.as_of), **training_set.facts["window"]}


def _pairs(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    return {key: (old.get(key), new.get(key)) for key in sorted({*old, *new}) if old.get(key) != new.get(key)}


def _described_otherwise(old: Contract, new: Contract) -> tuple[str, ...]:
    one, two = (
        {column.name: column.model_dump(exclude={"description"}) for column in each.columns} for each in (old, new)
    )
    columns = [name for name in two if name in one and one[name] != two[name]]
    moved = [name for name in one if name in two] != [name for name in two if name in one]
    order = ["order of columns"] if moved else []
    limits = [name for name in type(new).model_fields if name != "columns" and getattr(old, name) != getattr(new, name)]
    return (*columns, *order, *limits)
