"""What a build starts from, as one fingerprint, and the version that the same inputs once gave."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from artifacts.code import read_code
from artifacts.contract import Contract
from artifacts.errors import BadInput, Refusal
from artifacts.landed import declared_sources, landed_until
from artifacts.periods import following
from artifacts.places import REPOSITORY, is_url
from artifacts.raw import Partition, landed_through
from artifacts.raw_files import verify_landed
from artifacts.run_evidence import note
from artifacts.training_set import TrainingSet, open_training_set

TOOLS = ("dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "numpy", "pandas", "pyarrow")
_MADE = {"target", "logs", "dbt_packages", "__pycache__"}


def landed_partitions(raw: str) -> list[Partition]:
    """Every landed partition of every source, its bytes checked.

    Raises as `verify_landed` does, or `BadInput` (`features.raw_not_local`) for an object store.
    """
    if is_url(raw):
        raise BadInput(
            "features.raw_not_local",
            f"Raw partitions are kept at {raw}; SQL reads them from a local folder only.",
            next_step="Copy them into a folder and name that in PIPELINE_RAW.",
        )
    return verify_landed(raw)


def refuse_not_landed(raw: str, name: str, as_of: datetime, project: Path) -> None:
    """Refuse an `as_of` (naive UTC) that lies beyond what landed: rows of before it would land only after the build.

    Of the sources that `project` declares. Raises `BadInput` (`features.not_landed`) naming those that end or have a
    gap before it and the month to land, or `Missing` (`raw.nothing_landed`).
    """
    sources = declared_sources(project)
    until = landed_until(raw, sources)
    if as_of <= until:
        return
    through = {source: landed_through(raw, source) or "" for source in sources}
    last = min(through.values())
    behind = sorted(source for source, month in through.items() if month == last)
    raise BadInput(
        "features.not_landed",
        f"{name} as of {as_of} reaches beyond what landed: {', '.join(behind)} without a gap until {until}.",
        next_step=f"Land {following(last)}: python -m ingestion land --source {behind[0]} --month {following(last)}",
    )


def tool_versions() -> dict[str, str]:
    """The versions of all that computes, freezes or checks rows."""
    return {name: version(name) for name in TOOLS}


def decisive(contract: Contract, as_of: datetime, landed: Sequence[Partition], project: Path) -> dict[str, Any]:
    """All that decides a version: rows landed, SQL, contract, `as_of`, the code of this room and its tools.

    Coarse on purpose: any edited file in the dbt project counts, and then the build finds out what that changed.
    """
    texts = [file for file in project.rglob("*") if file.is_file() and not _MADE & set(file.relative_to(project).parts)]
    return {
        "as_of": as_of.isoformat(),
        "contract": contract.to_dict(),
        "landed": sorted(f"{partition.key}/{partition.revision}" for partition in landed),
        "project": {str(file.relative_to(project)): _sha256(file) for file in sorted(texts)},
        **computing(),
    }


def computing() -> dict[str, Any]:
    """What computes: the code of this room and of the doors, and its tools."""
    code = [*(REPOSITORY / "features").glob("*.py"), *(REPOSITORY / "artifacts").glob("*.py")]
    return {
        "code": {str(file.relative_to(REPOSITORY)): _sha256(file) for file in sorted(code)},
        "tools": tool_versions(),
    }


def fingerprint(told: Mapping[str, Any]) -> str:
    """sha256 over all that is `decisive`."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def note_inputs(name: str, told: Mapping[str, Any]) -> None:
    """Note what is `decisive` for set `name`, so that whoever is on call sees what is new, also when a build fails."""
    described = json.dumps(told["contract"], sort_keys=True).encode()
    code = read_code()
    note(
        "inputs",
        {
            "name": name,
            "as_of": told["as_of"],
            "landed": told["landed"],
            "contract": hashlib.sha256(described).hexdigest()[:12],
            "sql": {file: sha256[:12] for file, sha256 in told["project"].items()},
            "code": {"commit": code.commit, "dirty": code.dirty},
            "tools": told["tools"],
        },
    )


def recall(warehouse: Path, root: str, name: str, inputs: str) -> TrainingSet | None:
    """The published version that the same inputs gave before, its bytes checked; None when there is none to trust."""
    memo = _memo(warehouse, name, inputs)
    if not memo.is_file():
        return None
    try:
        found = open_training_set(root, name, memo.read_text(encoding="utf-8"))
        found.published.verify()
    except Refusal:
        return None
    return found


def remember(warehouse: Path, inputs: str, training_set: TrainingSet) -> None:
    """Note that these inputs gave this version."""
    memo = _memo(warehouse, training_set.name, inputs)
    memo.parent.mkdir(parents=True, exist_ok=True)
    fresh = memo.with_suffix(".new")
    fresh.write_text(training_set.version, encoding="utf-8")
    fresh.replace(memo)


def _memo(warehouse: Path, name: str, inputs: str) -> Path:
    return warehouse / "built" / name / inputs


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
