"""Nobody's answer is no approval, and a no does not end before it is written."""

import importlib.util
from datetime import timedelta

import pytest
from airflow.providers.standard.exceptions import HITLTimeoutError
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, ParamValidationError

from artifacts.places import REPOSITORY


@pytest.fixture(scope="module")
def dag():
    spec = importlib.util.spec_from_file_location("approval_dag", REPOSITORY / "dags" / "approve_promotion.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.approve_promotion()


def test_after_a_week_without_an_answer_the_task_fails_and_nothing_is_answered_for_the_person(dag):
    approve = dag.get_task("approve")
    assert (approve.response_timeout, approve.defaults) == (timedelta(days=7), None)
    with pytest.raises(HITLTimeoutError):
        approve.execute_complete({}, {"error": "nobody answered", "error_type": "timeout"})


def test_the_form_asks_for_a_reason_and_airflow_can_show_it_before_there_is_one(dag):
    reason = dag.get_task("approve").serialized_params["reason"]
    dag.get_task("approve").params.validate()
    # The form wants a value where there is none and `type` does not allow that.
    assert (reason["value"], reason["schema"].get("type"), reason["schema"]["minLength"]) == (None, None, 3)


@pytest.mark.parametrize("reason", ["", "ok", 3])
def test_a_yes_without_a_reason_is_none(dag, reason):
    with pytest.raises(ParamValidationError, match="Invalid input for param reason"):
        dag.get_task("approve").validate_params_input({"reason": reason})


def test_an_answer_with_a_long_reason_is_taken_since_airflow_refuses_it_only_once_it_was_given(dag):
    dag.get_task("approve").validate_params_input({"reason": "x" * 20_000})


@pytest.mark.parametrize("given", [{}, {"reason": None}, {"reason": "   "}])
def test_an_answer_without_a_reason_passes_the_form_so_that_the_task_behind_it_refuses_it(dag, given):
    dag.get_task("approve").validate_params_input(given)


def test_promote_waits_for_a_yes_and_keep_is_not_skipped_by_a_no(dag):
    assert dag.get_task("promote").upstream_task_ids == {"ask", "approve"}
    assert dag.get_task("promote").trigger_rule == "all_success"
    # The operator skips what is directly behind it on "Reject"; the task that writes the no comes later.
    assert dag.get_task("keep").upstream_task_ids == {"ask", "promote"}
    assert dag.get_task("keep").trigger_rule == "none_failed"
    assert dag.leaves == [dag.get_task("keep")]


@pytest.mark.parametrize("chosen", [["Reject"], [], ["Approve", "Reject"]])
def test_the_task_that_promotes_does_not_rely_on_the_operator_to_skip_it(dag, chosen):
    # In a mapped group the operator skips nothing.
    asked, answer = {"candidate": "0" * 32}, {"chosen_options": chosen}
    with pytest.raises(AirflowSkipException if chosen == ["Reject"] else AirflowFailException):
        dag.get_task("promote").python_callable(asked, answer)
