"""What the form of a DAG takes, in words: Airflow shows the name of a format to whoever filled it in wrongly."""

import re
from collections.abc import Callable

from jsonschema import FormatChecker  # type: ignore[import-untyped]

from artifacts.errors import BadInput
from artifacts.reason import LONGEST, SHORTEST

REASON = f"reason of {SHORTEST} to {LONGEST} characters, not counting blanks before and behind it"
MODEL = "model's name of small letters, digits and _ . -, such as late_arrival"
MONTH = "month such as 2013-01"
MOMENT = "day such as 2013-10-01, or moment such as 2013-10-01T0600, in UTC"
TRAINING_SET = "training set's NAME/VERSION, such as late_arrival/2013-10-01.3f9a5b1c2d3e"
MLFLOW_RUN = "MLflow run id, which is 32 of the digits and the letters a to f"
_MODEL = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
_MLFLOW_RUN = re.compile(r"[0-9a-f]{32}")


def _is_reason(given: object) -> bool:
    # What is no text the type refuses.
    return not isinstance(given, str) or SHORTEST <= len(given.strip()) <= LONGEST


def _is_model(given: object) -> bool:
    return not isinstance(given, str) or _MODEL.fullmatch(given) is not None


def _is_mlflow_run(given: object) -> bool:
    return not isinstance(given, str) or _MLFLOW_RUN.fullmatch(given) is not None


def _is_month(given: object) -> bool:
    from artifacts.periods import first_day

    return not isinstance(given, str) or _is_taken(first_day, given)


def _is_moment(given: object) -> bool:
    # Here and below: every process of Airflow loads this module, and most check no form.
    from artifacts.version_name import parse_as_of

    return not isinstance(given, str) or _is_taken(parse_as_of, given)


def _is_training_set(given: object) -> bool:
    from artifacts.version_name import is_version_name, parse_id

    return not isinstance(given, str) or (_is_taken(parse_id, given) and is_version_name(parse_id(given)[1]))


def _is_taken(parse: Callable[[str], object], given: str) -> bool:
    try:
        parse(given)
    except BadInput:
        return False
    return True


FORMATS: dict[str, Callable[[object], bool]] = {
    REASON: _is_reason,
    MODEL: _is_model,
    MONTH: _is_month,
    MOMENT: _is_moment,
    TRAINING_SET: _is_training_set,
    MLFLOW_RUN: _is_mlflow_run,
}


def know_formats() -> None:
    """Have this process check them; one that does not takes any text, and the tasks of the DAG refuse it."""
    FormatChecker.checkers.update({name: (takes, ()) for name, takes in FORMATS.items()})
