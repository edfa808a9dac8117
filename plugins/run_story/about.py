"""Which models and training sets a DAG run is about: only one about the same is what it can be held against."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from artifacts.run_evidence import TaskEvidence
from artifacts.version_name import parse_as_of
from artifacts.window_words import window_words

MODEL, SET = "model ", "training set "


def about_of(kept: Sequence[TaskEvidence], conf: Mapping[str, Any]) -> tuple[str, ...]:
    """By what its tasks noted and it was given, as `conf`; empty when neither names any."""
    models, sets = set(models_of(kept, conf)), {name.partition("/")[0] for name in _sets(kept, conf)}
    return (*(MODEL + one for one in sorted(models)), *(SET + one for one in sorted(sets)))


def same(about: Sequence[str]) -> tuple[str, ...]:
    """By what of `about` an earlier DAG run is the same: the models, where any is known, else the training sets."""
    return tuple(one for one in about if one.startswith(MODEL)) or tuple(about)


def of_things(kept: Sequence[TaskEvidence], things: Sequence[str]) -> list[TaskEvidence]:
    """What those tasks left that are about any of `things`, or about nothing of their kind; all, without `things`."""
    kinds = tuple({MODEL if one.startswith(MODEL) else SET for one in things})
    own = [(one, {thing for thing in about_of([one], {}) if thing.startswith(kinds)}) for one in kept]
    return [one for one, of in own if not things or not of or of & set(things)]


def about_window(findings: Mapping[str, Any]) -> str:
    """Which window of which version a note of findings is about; with labels or without, since both may be told."""
    start, end = (parse_as_of(one) for one in findings["window"].split(".."))
    labels = ", with labels" if findings.get("truth") else ""
    return f"{findings['model']} version {findings['version']}, {window_words(start, end)}{labels}"


def models_of(kept: Sequence[TaskEvidence], conf: Mapping[str, Any]) -> set[str]:
    """The models that its tasks noted, and the one that it was given."""
    noted = [note.get("model") for one in kept for note in one.notes.values()]
    configs = [one.notes["config"]["keys"].get("model") for one in kept if "config" in one.notes]
    return set(_names([*noted, *configs, conf.get("model")]))


def _sets(kept: Sequence[TaskEvidence], conf: Mapping[str, Any]) -> Iterable[str]:
    noted = [note.get("training_set") for one in kept for note in one.notes.values()]
    built = [one.notes[kind].get("name") for one in kept for kind in ("asked", "inputs") if kind in one.notes]
    frozen = [one.notes["training_set"].get("id") for one in kept if "training_set" in one.notes]
    return _names([*noted, *built, *frozen, conf.get("training_set"), conf.get("name")])


def _names(given: Iterable[Any]) -> list[str]:
    return [one for one in given if isinstance(one, str) and one]
