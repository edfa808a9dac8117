"""Reads a training config from YAML, applies overrides, and says exactly what is wrong with it."""

import difflib
import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from artifacts.errors import BadInput
from training.config import AllBut, Bootstrap, Config, Guard, Judge, Naive, SliceGuard, XGBoost

_KEYS = sorted(
    {key for part in (Config, AllBut, XGBoost, Naive, Judge, Bootstrap, Guard, SliceGuard) for key in part.model_fields}
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# What PyYAML lets through from a date, a number or an alias that it cannot make sense of, and json from a circle.
_UNREADABLE = (
    yaml.YAMLError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
# XGBoost's other names for parameters that a config may set under one name only.
_OTHER_NAMES = {
    "learning_rate": "eta",
    "lambda": "reg_lambda",
    "alpha": "reg_alpha",
    "min_split_loss": "gamma",
    "n_estimators": "num_boost_round",
    "n_jobs": "nthread",
    "random_state": "seed",
}


def read_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read the YAML file, then apply `overrides`, each `key=value` with a dotted key and a YAML value.

    Raises `BadInput`: `config.invalid` names the key, the value got and what was wanted; `config.unreadable`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            "config.unreadable",
            f"Config {path} cannot be read: {error}.",
            next_step="Name a file under training/configs/, or write it.",
        ) from error
    return parse_config(text, overrides, str(path))


def named_set(path: Path) -> str | None:
    """The training set that the file names, whatever else is wrong with it; None when that cannot be told."""
    try:
        given = yaml.load(path.read_text(encoding="utf-8"), _NoTwins)  # noqa: S506 - as in parse_config
    except (OSError, *_UNREADABLE):
        return None
    name = given.get("training_set") if isinstance(given, dict) else None
    return name if isinstance(name, str) else None


def parse_config(text: str, overrides: Sequence[str] = (), origin: str = "config") -> Config:
    """As `read_config`, from the text itself; `origin` is what the messages call it."""
    try:
        given = yaml.load(text, _NoTwins)  # noqa: S506 - a safe loader that also refuses a key given twice
        if not isinstance(given, dict):
            raise _invalid(f"{origin} holds {type(given).__name__}; a mapping of keys is wanted.")
        for override in overrides:
            _override(given, override)
        # A day in quotes is the moment that it is without.
        if isinstance(given.get("as_of"), str) and _DAY.fullmatch(given["as_of"]):
            given["as_of"] = f"{given['as_of']}T00:00:00"
        text = json.dumps(given, default=_moment)
    except _UNREADABLE as error:
        raise _invalid(f"{origin} {_not_yaml(error)}.") from error
    try:
        return Config.model_validate_json(text)
    except ValidationError as error:
        raise _wrong(error.errors(), overrides, origin) from error


class _NoTwins(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                mark = node.value[place][0].start_mark
                raise yaml.constructor.ConstructorError(None, None, f"{key} is given twice", mark)
        return super().construct_mapping(node, deep)


def _moment(value: object) -> str:
    """YAML's date is a moment too: midnight, as a config that is closed to other types wants it."""
    return f"{value}T00:00:00" if isinstance(value, date) and not isinstance(value, datetime) else str(value)


def _override(given: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    *parents, last = key.strip().split(".")
    if not equals:
        raise _wrong_option(f"--set {override} has no =VALUE.", f"Write --set KEY=VALUE: --set {override}=…")
    if not all([*parents, last]):
        raise _wrong_option(f"--set {override} has no key, or an empty part of one.")
    try:
        value = yaml.safe_load(text)
        json.dumps(value, default=_moment)
    except _UNREADABLE as error:
        raise _wrong_option(f"--set {override:.200} {_not_yaml(error)}.") from error
    group: Any = given
    for parent in parents:
        group = group.setdefault(parent, {})
        if not isinstance(group, dict):
            raise _wrong_option(f"--set {override}: {parent} is a value, not a group of keys.")
    group[last] = value


def _not_yaml(error: Exception) -> str:
    told = " ".join(str(error).split()).replace('"<unicode string>", ', "")
    return f"is not good YAML: {told or type(error).__name__}"


def _wrong(faults: Sequence[Any], overrides: Sequence[str], origin: str) -> BadInput:
    """The refusal of what the file, or an option over it, says."""
    by_origin: dict[str, list[str]] = {}
    for fault in faults:
        by_origin.setdefault(_said_by(fault, overrides, origin), []).append(_explain(fault))
    message = " ".join(f"{where}: {' '.join(told)}" for where, told in by_origin.items())
    return _invalid(message) if origin in by_origin else _wrong_option(message)


def _said_by(fault: Any, overrides: Sequence[str], origin: str) -> str:
    at = f"{_key(fault)}."
    for override in reversed(overrides):
        key = f"{override.partition('=')[0].strip()}."
        if at != "." and (at.startswith(key) or key.startswith(at)):
            return f"--set {override:.200}"
    return " ".join([origin, *(f"--set {one}" for one in overrides)]) if at == "." else origin


def _key(fault: Any) -> str:
    # Pydantic puts the names of union members into the location; keys have no brackets, and are not called as a class.
    return ".".join(str(part) for part in fault["loc"] if "[" not in str(part) and part != AllBut.__name__)


def _explain(fault: Any) -> str:
    key = _key(fault)
    if fault["type"] == "extra_forbidden":
        last = str(fault["loc"][-1])
        near = [_OTHER_NAMES[last]] if last in _OTHER_NAMES else difflib.get_close_matches(last, _KEYS, n=1)
        grouped = [f"xgboost.{one}" if one in XGBoost.model_fields else one for one in near]
        return f"{key} is not a known key" + (f"; did you mean {grouped[0]}?" if grouped else ".")
    if fault["type"] == "missing":
        return f"{key} is missing."
    return f"{key or 'config'} is {fault['input']!r:.200}; {fault['msg']}." if key else f"{fault['msg']}."


def _invalid(message: str) -> BadInput:
    return BadInput("config.invalid", message, next_step="Correct the key; training/config.py has every one.")


def _wrong_option(
    message: str, next_step: str = "Correct it as --set KEY=VALUE; training/config.py has every key."
) -> BadInput:
    return BadInput("config.invalid", message, next_step=next_step)
