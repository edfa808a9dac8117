"""What the form of `rollback` takes for a reason is what the ledger takes; the rest is refused in words."""

from contextlib import suppress
from importlib import import_module

import pytest
from airflow.exceptions import ParamValidationError
from airflow.serialization.definitions.param import SerializedParam, SerializedParamsDict

from artifacts.errors import BadInput
from artifacts.places import REPOSITORY
from ops.dag_runs import load_dags
from training.decision import parse_reason


@pytest.fixture(scope="module")
def filled_in():
    """What Airflow makes of the form of a DAG run, as its server does, which loads every plugin."""
    assert import_module("plugins.on_call_plugin").OnCallPlugin
    params = load_dags(REPOSITORY / "dags")["rollback"].params

    def fill(name, value):
        SerializedParamsDict({name: SerializedParam(value, **params.get_param(name).schema)}).validate()

    return fill


@pytest.mark.parametrize(
    "text", ["", "  \n ", "no", " no ", "   a", "why", " why ", "a b", "It harms.\nAda saw it.", "x" * 2000, "x" * 2001]
)
def test_a_reason_passes_the_form_if_and_only_if_the_ledger_takes_it(filled_in, text):
    passes = taken = False
    with suppress(ParamValidationError):
        filled_in("reason", text)
        passes = True
    with suppress(BadInput):
        taken = bool(parse_reason(text, "again"))
    assert passes == taken


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("reason", "no", "'no' is not a 'reason of 3 to 2000 characters, not counting blanks before and behind it'"),
        ("model", "Late!", "'Late!' is not a \"model's name of small letters, digits and _ . -, such as late_arrival"),
    ],
)
def test_what_the_form_does_not_take_is_told_in_words(filled_in, name, value, said):
    with pytest.raises(ParamValidationError, match="Invalid input for param") as no:
        filled_in(name, value)
    assert said in str(no.value) and "^" not in str(no.value).partition("On instance")[0]
