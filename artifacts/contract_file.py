"""Reads a contract from the dbt YAML that alone describes it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from artifacts.column import Column
from artifacts.contract import Contract, invalid, refuse
from artifacts.errors import BadInput


def read_contract(models: Path, name: str) -> Contract:
    """The contract of the dbt model `name`, described in `training_sets/NAME.yml` under the folder `models`.

    Raises `BadInput`: `contract.missing` when there is no such file or model, `contract.invalid` naming file, column
    and key when something is absent, unknown or contradicts itself.
    """
    folder = models / "training_sets"
    path, where = folder / f"{name}.yml", f"{models.name}/training_sets/{name}.yml"
    known = sorted(file.stem for file in folder.glob("*.yml") if not file.stem.startswith("_"))
    if name not in known:
        raise BadInput(
            "contract.missing",
            f"There is no training set {name!r}: {where} does not exist; known are {', '.join(known) or 'none'}.",
            next_step="Correct the name, or describe the training set in that file.",
        )
    model = _model(path, where, name)
    config = _mapping(model, "config", where)
    if _mapping(config, "contract", where).get("enforced") is not True:
        raise refuse(f"{where}: config.contract.enforced is not true, so dbt does not hold the SQL against it.")
    columns = tuple(_column(given, where) for given in _listed(model, "columns", where))
    try:
        return Contract(name=name, columns=columns, **_mapping(config, "meta", where))
    except (ValidationError, TypeError) as error:
        raise invalid(where, error) from error


def _model(path: Path, where: str, name: str) -> dict[str, Any]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    # PyYAML lets a ValueError through for a date such as 2013-13-01.
    except (yaml.YAMLError, ValueError) as error:
        raise refuse(f"{where} is not YAML: {error}.") from error
    for model in _listed(document if isinstance(document, dict) else {}, "models", where):
        if model.get("name") == name:
            return model
    raise BadInput("contract.missing", f"{where} describes no model {name!r}.", next_step="Describe it there.")


def _column(given: Mapping[str, Any], where: str) -> Column:
    meta = _mapping(_mapping(given, "config", where), "meta", where)
    kind = str(given.get("data_type", "")).lower().replace(" ", "")
    about = {"name": given.get("name"), "type": kind, "description": given.get("description", "")}
    try:
        return Column(**about, **meta)
    except (ValidationError, TypeError) as error:
        raise invalid(f"{where}: column {given.get('name')!r}", error) from error


def _listed(given: Mapping[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    found = given.get(key) or []
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise refuse(f"{where}: {key}: wanted a list of mappings (got {found!r}).")
    return found


def _mapping(given: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    found = given.get(key) or {}
    if not isinstance(found, dict):
        raise refuse(f"{where}: {key}: wanted a mapping (got {found!r}).")
    return found
