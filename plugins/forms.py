"""What the form of a DAG takes, in words: Airflow shows the name of a format to whoever filled it in wrongly."""

import re
from collections.abc import Callable

from jsonschema import FormatChecker  # type: ignore[import-untyped]

from artifacts.reason import LONGEST, SHORTEST

REASON = f"reason of {SHORTEST} to {LONGEST} characters, not counting blanks before and behind it"
MODEL = "model's name of small letters, digits and _ . -, such as late_arrival"
_MODEL = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")


def _is_reason(given: object) -> bool:
    # What is no text the type refuses.
    return not isinstance(given, str) or SHORTEST <= len(given.strip()) <= LONGEST


def _is_model(given: object) -> bool:
    return not isinstance(given, str) or _MODEL.fullmatch(given) is not None


FORMATS: dict[str, Callable[[object], bool]] = {REASON: _is_reason, MODEL: _is_model}


def know_formats() -> None:
    """Have this process check them; one that does not takes any text, and the tasks of the DAG refuse it."""
    FormatChecker.checkers.update({name: (takes, ()) for name, takes in FORMATS.items()})
