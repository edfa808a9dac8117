"""What the form of `rollback` takes for a reason is what the ledger takes."""

import re
from contextlib import suppress

import pytest

from artifacts.errors import BadInput
from artifacts.places import REPOSITORY
from ops.dag_runs import load_dags
from training.decision import parse_reason


@pytest.fixture(scope="module")
def reason():
    return load_dags(REPOSITORY / "dags")["rollback"].params.get_param("reason").schema


@pytest.mark.parametrize(
    "text", ["", "  \n ", "no", " no ", "   a", "why", " why ", "a b", "It harms.\nAda saw it.", "x" * 2000, "x" * 2001]
)
def test_a_reason_passes_the_form_if_and_only_if_the_ledger_takes_it(reason, text):
    passes = bool(re.search(reason["pattern"], text)) and len(text) <= reason["maxLength"]
    taken = False
    with suppress(BadInput):
        taken = bool(parse_reason(text, "again"))
    assert passes == taken
