"""What is new in a DAG run since the last one that ended well: parameters, rows, SQL, contract, config and code."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from artifacts.run_evidence import TaskEvidence

SHOWN = 30


@dataclass(frozen=True)
class Change:
    """`what` was `before` and is `now`; None where there was, or is, no such thing."""

    about: str
    what: str
    before: str | None
    now: str | None


def changes_since(kept: Sequence[TaskEvidence], before: Sequence[TaskEvidence]) -> list[Change]:
    """Every difference in what the same thing was made from, and what only one of the two was about.

    Where each had one config for the training sets of one name, those two are held against each other, also under two
    names.
    """
    found: list[Change] = []
    for kind, compare in COMPARED.items():
        then, now = ({one["name"]: one for one in _notes(some, kind)} for some in (before, kept))
        gone, new = sorted(then.keys() - now.keys()), sorted(now.keys() - then.keys())
        if not then or not now:
            continue
        if kind == "config" and len(then) == len(now) == len(new) == 1 and _of_one_name(then[gone[0]], now[new[0]]):
            found.append(Change(WORDS[kind], "name", gone[0], new[0]))
            found += compare(new[0], then[gone[0]], now[new[0]])
            continue
        found += [Change(WORDS[kind], "only before", name, None) for name in gone]
        found += [Change(WORDS[kind], "only now", None, name) for name in new]
        for name in (name for name in now if name in then):
            found += compare(name, then[name], now[name])
    return found


def _of_one_name(then: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether two configs are for training sets of one name."""
    return bool(then["training_set"].partition("/")[0] == now["training_set"].partition("/")[0])


def given_since(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[Change]:
    """The parameters that a DAG run was given, where the other one was given another, or none."""
    then, given = ({name: _text(value) for name, value in some.items()} for some in (before, now))
    return list(_each("parameter", "", then, given))


def untold_since(kept: Sequence[TaskEvidence], before: Sequence[TaskEvidence]) -> list[str]:
    """Of what there was a note before, and is none now: whether it changed is not known."""
    return [ALONE[kind] for kind in COMPARED if _notes(before, kind) and not _notes(kept, kind)]


def _notes(kept: Sequence[TaskEvidence], kind: str) -> list[Mapping[str, Any]]:
    if kind != "training_set":
        return [one.notes[kind] for one in kept if kind in one.notes]
    return [{"name": one["id"].split("/")[0], **one} for one in _notes_of_sets(kept)]


def _notes_of_sets(kept: Sequence[TaskEvidence]) -> Iterator[Mapping[str, Any]]:
    for one in kept:
        if "training_set" in one.notes:
            yield one.notes["training_set"]


def _inputs(about: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    yield from _one(about, "as of", then["as_of"], now["as_of"])
    before, after = (set(one["landed"]) for one in (then, now))
    for part in sorted(before ^ after)[:SHOWN]:
        key, _, revision = part.rpartition("/")
        yield Change(about, f"rows {key}", revision if part in before else None, revision if part in after else None)
    yield from _each(about, "", then["sql"], now["sql"])
    yield from _one(about, "contract", then["contract"], now["contract"])
    yield from _each(about, "", then["tools"], now["tools"])
    yield from _one(about, "code", _code(then["code"]), _code(now["code"]))


def _config(about: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    yield from _one(about, "training set", then["training_set"], now["training_set"])
    yield from _one(about, "rows", f"{then['rows']:,}", f"{now['rows']:,}")
    yield from _each(about, "config ", then["keys"], now["keys"])
    yield from _one(about, "code", _code(then["code"]), _code(now["code"]))


def _set(about: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    yield from _one(about, "training set", then["id"], now["id"])
    yield from _one(about, "rows", f"{then['rows']:,}", f"{now['rows']:,}")
    yield from _one(about, "label rate", f"{then['label_rate']:.4f}", f"{now['label_rate']:.4f}")


def _one(about: str, what: str, before: str, now: str) -> Iterator[Change]:
    if before != now:
        yield Change(about, what, before, now)


def _each(about: str, kind: str, then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    names = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    for name in names[:SHOWN]:
        yield Change(about, f"{kind}{name}", then.get(name), now.get(name))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _code(told: Mapping[str, Any]) -> str:
    return f"{(told['commit'] or 'no commit')[:12]}{', with changes' if told['dirty'] else ''}"


WORDS = {"inputs": "rows and SQL of", "config": "config", "training_set": "training set"}
ALONE = {**WORDS, "inputs": "rows and SQL"}
COMPARED = {"inputs": _inputs, "config": _config, "training_set": _set}
