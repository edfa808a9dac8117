"""What the form of a DAG takes is what its tasks take; the rest is refused in words."""

from contextlib import suppress
from importlib import import_module

import pytest
from airflow.exceptions import ParamValidationError
from airflow.serialization.definitions.param import SerializedParam, SerializedParamsDict

from artifacts.errors import BadInput
from artifacts.periods import first_day
from artifacts.places import REPOSITORY
from artifacts.version_name import parse_as_of
from ops.dag_runs import load_dags
from training.decision import parse_reason


@pytest.fixture(scope="module")
def dags():
    """As Airflow's server has them, which loads every plugin."""
    assert import_module("plugins.on_call_plugin").OnCallPlugin
    return load_dags(REPOSITORY / "dags")


@pytest.fixture(scope="module")
def filled_in(dags):
    """What Airflow makes of the form of a DAG run."""

    def fill(dag, name, value):
        schema = dags[dag].params.get_param(name).schema
        SerializedParamsDict({name: SerializedParam(value, **schema)}).validate()

    return fill


def passes(filled_in, *field):
    with suppress(ParamValidationError):
        filled_in(*field)
        return True
    return False


@pytest.mark.parametrize(
    "text", ["", "  \n ", "no", " no ", "   a", "why", " why ", "a b", "It harms.\nAda saw it.", "x" * 2000, "x" * 2001]
)
def test_a_reason_passes_the_form_if_and_only_if_the_ledger_takes_it(filled_in, text):
    taken = False
    with suppress(BadInput):
        taken = bool(parse_reason(text, "again"))
    assert passes(filled_in, "rollback", "reason", text) == taken


@pytest.mark.parametrize(
    "text",
    ["2013-01", "2013-01\n", "0000-01", "2013-13", "2013-02-30", "2013-10-01", "2013-10-01T0600", "2013-10-01T2460"],
)
def test_a_moment_passes_the_form_if_and_only_if_the_tasks_take_it(filled_in, text):
    for dag, name, parse in (("land_month", "month", first_day), ("score_upcoming", "as_of", parse_as_of)):
        taken = False
        with suppress(BadInput):
            taken = bool(parse(text))
        assert passes(filled_in, dag, name, text) == taken, name


@pytest.mark.parametrize(
    ("dag", "name", "value", "said"),
    [
        ("rollback", "reason", "no", "'reason of 3 to 2000 characters, not counting blanks before and behind it'"),
        ("rollback", "model", "Late!", "model's name of small letters, digits and _ . -, such as late_arrival"),
        ("land_month", "month", "May 2013", "'month such as 2013-01'"),
        ("build_training_set", "as_of", "2013-02-30", "'date'"),
        ("score_upcoming", "as_of", "2013-1-1", "day such as 2013-10-01, or moment such as 2013-10-01T0600, in UTC"),
        (
            "train_candidate",
            "training_set",
            "late_arrival",
            "NAME/VERSION, such as late_arrival/2013-10-01.3f9a5b1c2d3e",
        ),
        ("train_candidate", "training_set", "late_arrival/2013-10-01", "such as late_arrival/2013-10-01.3f9a5b1c2d3e"),
        ("approve_promotion", "candidate", "v3", "'MLflow run id, which is 32 of the digits and the letters a to f'"),
    ],
)
def test_what_the_form_does_not_take_is_told_in_words(filled_in, dag, name, value, said):
    with pytest.raises(ParamValidationError, match="Invalid input for param") as no:
        filled_in(dag, name, value)
    told = str(no.value).partition("On instance")[0]
    assert f"{value!r} is not a" in told and said in told and "^" not in told


@pytest.mark.parametrize(
    ("dag", "name", "value"),
    [
        ("land_month", "month", "2013-01"),
        ("build_training_set", "as_of", "2013-10-01"),
        ("score_upcoming", "as_of", "2013-10-01T0600"),
        ("train_candidate", "training_set", "late_arrival/2013-10-01T0600.3f9a5b1c2d3e"),
        ("approve_promotion", "candidate", "0123456789abcdef" * 2),
    ],
)
def test_what_is_well_written_passes_and_so_does_nothing_at_all(filled_in, dag, name, value):
    assert passes(filled_in, dag, name, value) and passes(filled_in, dag, name, None)


def test_no_form_would_answer_with_a_regular_expression(dags):
    schemas = {(dag, name): dags[dag].params.get_param(name).schema for dag in dags for name in dags[dag].params}
    assert schemas and not [field for field, schema in schemas.items() if "pattern" in schema]
