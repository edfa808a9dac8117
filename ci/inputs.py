"""What goes into a smoke run, digest by digest, so that what changed can be named."""

import hashlib
import json
import platform
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from artifacts.places import REPOSITORY
from artifacts.why_differ import tokens
from ci.plan import PLAN, Plan
from features.inputs import tool_versions
from training.environment import NUMERIC, read_environment

CODE = ("artifacts", "features", "training")
SOURCE = "ingestion"
# What it is compared with, and no input of it.
KNOWN_GOOD = "known_good.json"
_MADE = {"target", "logs", "dbt_packages", "__pycache__"}


def read_inputs(plan: Plan, root: Path = REPOSITORY) -> dict[str, Any]:
    """Digests by what they are of; of files (by path in the repository) the meaning, without comments and white space.

    `sql` and `yaml` are the dbt project's, `source` what lands rows, `config` the training config and the plan, `code`
    the Python of the rooms, `gate` that of the comparison and its tolerances, `tools` versions.
    """
    cutter = root / (plan.cutter.replace(".", "/") + ".py")
    project = _files(root / "dbt_project")
    by_kind = {kind: [file for file in project if file.suffix in kinds] for kind, kinds in _KINDS.items()}
    environment = read_environment(root / "requirements.txt")
    numeric = {name: environment.packages[name] for name in NUMERIC if name in environment.packages}
    return {
        "sql": {_name(file, root): _meaning(file) for file in sorted(by_kind["sql"])},
        "yaml": {_name(file, root): _bytes(file) for file in sorted(by_kind["yaml"])},
        "source": _of_folder(root / SOURCE, root) | {_name(cutter, root): _bytes(cutter)},
        "config": {str(plan.config): _bytes(root / plan.config), PLAN.name: _bytes(root / "ci" / PLAN.name)},
        "code": {room: _digest(_of_folder(root / room, root)) for room in CODE}
        | {"dbt_project": _digest({_name(file, root): _bytes(file) for file in project if file.suffix == ".py"})},
        "gate": _of_folder(root / "ci", root, {KNOWN_GOOD, PLAN.name, cutter.name}),
        "tools": {"python": environment.python, **tool_versions(), **numeric},
    }


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[str]]:
    """By kind of input, what was added, removed or changed; kinds where nothing was are left out."""
    found = {}
    for kind in after:
        one, two = before.get(kind, {}), after[kind]
        differs = sorted(name for name in {*one, *two} if one.get(name) != two.get(name))
        if differs:
            found[kind] = differs
    return found


def machine() -> str:
    """What a model's bytes may depend on beside its inputs: the processor and the C library."""
    return f"{_processor()}, {platform.system()} {'-'.join(platform.libc_ver())}".rstrip("-")


_KINDS = {"sql": (".sql",), "yaml": (".yml", ".yaml")}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    told = dict(line.split("\t: ", 1) for line in lines if line.startswith("model name\t: "))
    return told.get("model name", platform.machine())


def _of_folder(folder: Path, root: Path, but: Collection[str] = ()) -> dict[str, str]:
    return {_name(file, root): _bytes(file) for file in sorted(_files(folder)) if file.name not in but}


def _files(folder: Path) -> list[Path]:
    found = (file for file in folder.rglob("[!.]*") if file.is_file())
    return [file for file in found if not _MADE & {*file.relative_to(folder).parts}]


def _name(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()


def _meaning(file: Path) -> str:
    return hashlib.sha256("\0".join(tokens(file.read_text(encoding="utf-8"))).encode()).hexdigest()[:16]


def _bytes(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def _digest(held: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()[:16]
