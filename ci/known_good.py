"""The last known-good smoke run: `ci/known_good.json`, written by `make accept` and checked when it is read."""

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifacts.errors import CannotJudge, Damaged, GateClosed, Missing
from artifacts.places import REPOSITORY
from artifacts.whole_file import write_whole

KNOWN_GOOD = REPOSITORY / "ci" / "known_good.json"
SCHEMA_VERSION = 1
# Whoever accepts his own run compares it with nothing, so the file that was reviewed comes first.
AGAIN = (
    "Restore the one that was reviewed: git checkout HEAD -- ci/known_good.json. Only if there is none that can be "
    "read, make one and let it be reviewed: make smoke, then make accept."
)
_OF_ONE_RUN = ("seconds", "code")
_KEPT = {"inputs", "machine", "stages", "features", "lineage", "sets", "slices"}
_OF_STAGE = {
    "training_set", "rows", "label_rate", "window", "months", "cause", "model_sha256", "outcome", "reasons", "holdout",
    "metrics", "slices",
}  # fmt: skip
# As deep as one fact a line is readable in a review.
_DEPTH, _LINE = 4, 200


def known_good_of(commit: str, path: Path = KNOWN_GOOD) -> dict[str, Any] | None:
    """The known-good run, if the file is the one that `commit` has: what a change brings itself proves nothing."""
    name = path.relative_to(REPOSITORY).as_posix()
    done = subprocess.run(
        ["git", "show", "--end-of-options", f"{commit}:{name}"], cwd=REPOSITORY, capture_output=True, check=False
    )
    if done.returncode or not path.is_file() or done.stdout != path.read_bytes():
        return None
    return read_known_good(path)


def read_known_good(path: Path = KNOWN_GOOD) -> dict[str, Any]:
    """What `accept` wrote.

    Raises `Missing` (`known_good.missing`) and `Damaged` (`known_good.schema_version`, `known_good.damaged`), exit 4.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise _Absent("known_good.missing", f"There is no {path.name} to compare with.", next_step=AGAIN) from error
    except (OSError, UnicodeDecodeError) as error:
        raise Damaged("known_good.damaged", f"{path.name} cannot be read: {error}.", next_step=AGAIN) from error
    try:
        told = json.loads(text)
        version, sha256 = told.pop("schema_version"), told.pop("sha256")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise Damaged("known_good.damaged", f"{path.name} is no known-good run: {error!r}.", next_step=AGAIN) from error
    if version != SCHEMA_VERSION:
        raise Damaged(
            "known_good.schema_version",
            f"{path.name} is written in format {version}; format {SCHEMA_VERSION} is read here.",
            next_step=AGAIN,
        )
    if _digest(told) != sha256:
        raise Damaged(
            "known_good.damaged", f"{path.name} is not what was accepted: its sha256 differs.", next_step=AGAIN
        )
    wrong = _other_keys(told)
    if wrong:
        raise Damaged("known_good.damaged", f"{path.name} is no known-good run: {wrong}.", next_step=AGAIN)
    return dict(told)


def write_known_good(smoke: Mapping[str, Any], path: Path = KNOWN_GOOD) -> None:
    """Keep a smoke run as the known-good one; raises `GateClosed` (`accept.refused`) for a run that was refused."""
    if "refused" in smoke:
        raise GateClosed(
            "accept.refused",
            f"The smoke run was refused ({smoke['refused']['error']}); only a whole one can be known to be good.",
            next_step="Mend what it names, then run: make smoke",
        )
    told = {key: value for key, value in smoke.items() if key not in _OF_ONE_RUN}
    told["stages"] = [{key: value for key, value in stage.items() if key != "trained"} for stage in told["stages"]]
    wrong = _other_keys(told)
    if wrong:
        raise CannotJudge("accept.incomplete", f"The smoke run is not whole: {wrong}.", next_step="Run: make smoke")
    held = {"schema_version": SCHEMA_VERSION, "sha256": _digest(told), **told}
    write_whole(path, _readable(held, 0) + "\n")


def _other_keys(told: Mapping[str, Any]) -> str:
    """What a run lacks or has too much, by key; empty when it is as this module writes it."""
    if told.keys() != _KEPT:
        return f"keys {', '.join(sorted(told.keys() ^ _KEPT))} are missing or unknown"
    for stage in told["stages"]:
        if stage.keys() != _OF_STAGE:
            return f"keys {', '.join(sorted(stage.keys() ^ _OF_STAGE))} of a stage are missing or unknown"
    return "" if told["stages"] else "it has no stages"


class _Absent(Missing):
    """Nothing to compare with is no wrong argument: the gate cannot look."""

    exit_code = Damaged.exit_code


def _digest(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _readable(held: Any, depth: int) -> str:
    """JSON with one fact a line, and the numbers of one fact beside one another."""
    if depth < _DEPTH and isinstance(held, dict) and len(json.dumps(held)) > _LINE:
        inner = [f"{json.dumps(key)}: {_readable(one, depth + 1)}" for key, one in held.items()]
        return "{\n" + ",\n".join(" " * (depth + 1) + line for line in inner) + "\n" + " " * depth + "}"
    if depth < _DEPTH and isinstance(held, list) and any(isinstance(one, dict) for one in held):
        return (
            "[\n" + ",\n".join(" " * (depth + 1) + _readable(one, depth + 1) for one in held) + "\n" + " " * depth + "]"
        )
    return json.dumps(held)
