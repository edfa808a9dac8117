"""Settings from the environment: typed, frozen, read once at the entry point, unknown keys refused."""

import os
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from artifacts.errors import BadInput


class Settings(BaseModel):
    """The base of every room's settings object: frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


S = TypeVar("S", bound=Settings)


def read_settings(kind: type[S], prefix: str, environ: Mapping[str, str] | None = None) -> S:
    """Build `kind` from the variables that start with `prefix`; `PREFIX_SOME_KEY` fills `some_key`.

    Raises `BadInput` (`settings.invalid`) that names the variable, the value got, unless it is a secret or may be one
    under a wrong name, and what was wanted.
    """
    environ = os.environ if environ is None else environ
    given = {k[len(prefix) :].lower(): v for k, v in environ.items() if k.startswith(prefix)}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        name = prefix + key.upper()
        known = ", ".join(prefix + field.upper() for field in kind.model_fields)
        field = kind.model_fields.get(key)
        shown = "" if field is None or "Secret" in str(field.annotation) else f"={environ.get(name, '')!r}"
        raise BadInput(
            "settings.invalid",
            f"Environment variable {name}{shown}: {first['msg']}; known are {known}.",
            next_step=f"Correct or unset {name}.",
        ) from error
