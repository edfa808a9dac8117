"""Settings from the environment: typed, frozen, read once at the entry point, unknown keys refused."""

import difflib
import os
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from artifacts.errors import BadInput


class Settings(BaseModel):
    """The base of every room's settings object: frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)


S = TypeVar("S", bound=Settings)


def unset(field: str, why: str) -> PydanticCustomError:
    """What a validator of another field raises when `field` is what is wrong: it is not set, and needs to be."""
    return PydanticCustomError("unset", "{why}", {"field": field, "why": why})


def read_settings(
    kind: type[S], prefix: str, environ: Mapping[str, str] | None = None, options: Mapping[str, object] | None = None
) -> S:
    """Build `kind` from the variables that start with `prefix`; `PREFIX_SOME_KEY` fills `some_key`.

    `options` are values of the command line by field, None where it has none: `--some-key` comes before its variable.
    Raises `BadInput` (`settings.invalid`) that names the variable or the option, the value got, unless it is a secret
    or may be one under a wrong name, and what was wanted.
    """
    environ = os.environ if environ is None else environ
    said = {key: str(value) for key, value in (options or {}).items() if value is not None}
    given = {k[len(prefix) :].lower(): v for k, v in environ.items() if k.startswith(prefix)} | said
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        key = first.get("ctx", {}).get("field") or ".".join(str(part) for part in first["loc"])
        name = _option(key) if key in said else prefix + key.upper()
        what = name if key in said else f"Environment variable {name}"
        raise BadInput(
            "settings.invalid",
            f"{what}{_wrong(kind, prefix, key, given, first)}",
            next_step=f"{_what_to_do(first, option=key in said)} {name}.",
        ) from error


def _what_to_do(first: Any, *, option: bool) -> str:
    if first["type"] in {"missing", "unset"}:
        return "Set"
    return "Correct or leave out" if option else "Correct or unset"


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _wrong(kind: type[Settings], prefix: str, key: str, given: Mapping[str, str], first: Any) -> str:
    field = kind.model_fields.get(key)
    if field is None:
        near = difflib.get_close_matches(key, kind.model_fields, 1)
        names = [prefix + one.upper() for one in near or kind.model_fields]
        return f" is no setting; {'did you mean ' + names[0] + '?' if near else 'known are ' + ', '.join(names) + '.'}"
    shown = "" if "Secret" in str(field.annotation) or key not in given else f"={given[key]!r}"
    if first["type"] == "missing":
        return " is not set, and has no default."
    return f"{shown}: {first['msg'].removeprefix('Value error, ').replace('Input should be', 'wanted')}."
