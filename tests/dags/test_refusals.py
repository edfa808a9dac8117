"""A refusal fails a task once; only what may change by itself is tried again."""

import pytest
from airflow.sdk.exceptions import AirflowFailException

from artifacts.errors import BadInput, GateClosed, Unavailable
from plugins.refusals import REFUSED, fails_once


def refusing(kind):
    @fails_once
    def body():
        raise kind("set.bad", "Set a has 3 rows; 10 are wanted.", next_step="Land more.")

    return body


@pytest.mark.parametrize("kind", [BadInput, GateClosed])
def test_a_refusal_becomes_a_failure_without_retry_in_its_own_words(kind):
    with pytest.raises(AirflowFailException, match=r"set\.bad: Set a has 3 rows; 10 are wanted\. Land more\."):
        refusing(kind)()
    assert REFUSED[-1].code == "set.bad"


def test_what_is_unavailable_stays_what_airflow_retries():
    with pytest.raises(Unavailable):
        refusing(Unavailable)()


def test_a_body_that_refuses_nothing_returns_its_value_and_keeps_its_signature():
    @fails_once
    def double(number):
        return 2 * number

    assert double(4) == 8
    assert double.__wrapped__.__code__.co_varnames == ("number",)
