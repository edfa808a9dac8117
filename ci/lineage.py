"""Which features a SQL file reaches, from dbt's own graph and the columns that it built."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from artifacts.contract import Contract

SETS, ROWS = "training_sets", "rows"


def read_lineage(warehouse: Path, contract: Contract) -> dict[str, list[str]]:
    """By file of the dbt project (`models/…`, `macros/…`), the features of the training set that it has a part in.

    A feature comes from the feature models that have a column of its name, and from all that they are built from; a
    model in `rows/`, where a training set joins them, has a part in all. What
    is above the rows themselves (the spine, the label) reaches every feature, as its rows decide which rows there are.
    """
    manifest = json.loads((warehouse / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    nodes: Mapping[str, Any] = manifest["nodes"]
    columns = _columns(warehouse)
    features = [column.name for column in contract.features]
    top = next(key for key, node in nodes.items() if node["resource_type"] == "model" and node["name"] == contract.name)
    joined = [key for key in nodes[top]["depends_on"]["nodes"] if key in nodes and ROWS in _folders(nodes[key])]
    own = {
        key: set(features) & columns.get(nodes[key]["name"], set())
        for each in (top, *joined)
        for key in nodes[each]["depends_on"]["nodes"]
        if key in nodes and key not in joined
    }
    reached: dict[str, set[str]] = {each: set(features) for each in (top, *joined)}
    for key, named in own.items():
        for above in {key, *_above(nodes, key)}:
            reached.setdefault(above, set()).update(named or features)
    files: dict[str, set[str]] = {}
    for key, names in reached.items():
        for file in (nodes[key]["original_file_path"], *_macros(manifest, nodes[key]["depends_on"]["macros"])):
            files.setdefault(f"dbt_project/{file}", set()).update(names)
    return {file: [name for name in features if name in names] for file, names in sorted(files.items())}


def read_sets(warehouse: Path) -> dict[str, list[str]]:
    """By file of the dbt project, YAML included, the training sets that it has a part in, of all that there are."""
    manifest = json.loads((warehouse / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    nodes: Mapping[str, Any] = manifest["nodes"]
    files: dict[str, set[str]] = {}
    for key, node in nodes.items():
        if node["resource_type"] != "model" or SETS not in _folders(node):
            continue
        for above in {key, *_above(nodes, key)}:
            of = nodes[above]
            described = str(of.get("patch_path") or "").rpartition("://")[2]
            for file in (of["original_file_path"], described, *_macros(manifest, of["depends_on"]["macros"])):
                if file:
                    files.setdefault(f"dbt_project/{file}", set()).add(node["name"])
    return {file: sorted(names) for file, names in sorted(files.items())}


def reaches(lineage: Mapping[str, Sequence[str]], files: Sequence[str]) -> list[str]:
    """The features that any of `files` has a part in, in the order in which the lineage first names them."""
    return list(dict.fromkeys(name for file in files for name in lineage.get(file, ())))


def _folders(node: Mapping[str, Any]) -> tuple[str, ...]:
    return Path(node["original_file_path"]).parts[:-1]


def _above(nodes: Mapping[str, Any], key: str) -> set[str]:
    direct = {parent for parent in nodes[key]["depends_on"]["nodes"] if parent in nodes}
    return direct.union(*(_above(nodes, parent) for parent in direct)) if direct else direct


def _macros(manifest: Mapping[str, Any], keys: Sequence[str]) -> set[str]:
    """The files of this project's macros among `keys`, and of those that they call."""
    ours = {key: manifest["macros"][key] for key in keys if manifest["macros"][key]["package_name"] == "shipshape"}
    found = {macro["original_file_path"] for macro in ours.values()}
    for macro in ours.values():
        found |= _macros(manifest, macro["depends_on"]["macros"])
    return found


def _columns(warehouse: Path) -> dict[str, set[str]]:
    with duckdb.connect(warehouse / "shipshape.duckdb", read_only=True) as connection:
        rows = connection.execute("select table_name, column_name from duckdb_columns()").fetchall()
    found: dict[str, set[str]] = {}
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    return found
