"""MLflow's own scoring client asks this service as it asks MLflow's server."""

import warnings

import httpx
import pandas as pd
import pytest

from tests.serving.world import GOOD, World, ask, serving


def post(client: httpx.Client, body: object) -> httpx.Response:
    return client.post("/invocations", json=body)


def test_the_client_of_mlflow_works_unchanged(client: httpx.Client) -> None:
    with warnings.catch_warnings():
        # MLflow 3.17 warns of its own type hints while it is imported.
        warnings.simplefilter("ignore")
        from mlflow.pyfunc.scoring_server.client import ScoringServerClient
    mlflow = ScoringServerClient(client.base_url.host, client.base_url.port)
    mlflow.wait_server_ready(timeout=10)
    frame = pd.DataFrame([GOOD, {**GOOD, "hour": 23}])
    wanted = [ask(client, row).json()["predictions"][0]["score"] for row in (GOOD, {**GOOD, "hour": 23})]
    assert mlflow.invoke(frame).get_predictions()[0].tolist() == wanted


def test_both_forms_give_the_answer_of_the_other_route_with_version_and_flags(client: httpx.Client) -> None:
    rows = [GOOD, {**GOOD, "place": "moon"}]
    split = {"columns": [*GOOD], "index": [5, 6], "data": [[*row.values()] for row in rows]}
    by_split = post(client, {"dataframe_split": split}).json()
    by_records = post(client, {"dataframe_records": rows, "params": {}}).json()
    scores = [told["score"] for told in ask(client, *rows).json()["predictions"]]
    assert by_split["predictions"] == by_records["predictions"] == scores
    assert (by_split["model"], by_split["version"]) == ("toy", 1)
    assert by_split["flags"] == [[], ["unseen_category:place"]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"inputs": [[1]]},
        {"instances": [GOOD]},
        {"dataframe_records": [GOOD], "dataframe_split": {"columns": [*GOOD], "data": [[*GOOD.values()]]}},
        {"dataframe_records": [GOOD], "params": {"a": 1}},
        {"dataframe_split": {"data": [[*GOOD.values()]]}},
        {"dataframe_split": {"columns": [*GOOD], "data": [[1]]}},
        {"dataframe_split": {"columns": [*GOOD], "data": []}},
        {"dataframe_split": {"columns": [*GOOD, "hour"], "data": [[*GOOD.values(), 7]]}},
        {"dataframe_split": {"columns": [1], "data": [[1]]}},
        {"dataframe_split": {"columns": [*GOOD], "data": [[*GOOD.values()]] * 4}},
        {"dataframe_split": {"columns": [*GOOD, "more"], "data": [[*GOOD.values(), 1]]}},
        {"dataframe_split": {"columns": [*GOOD][1:], "data": [[*GOOD.values()][1:]]}},
    ],
)
def test_another_form_is_refused(client: httpx.Client, body: object) -> None:
    assert post(client, body).status_code == 422


def test_an_invocation_is_logged_as_one(world: World) -> None:
    with serving(world) as client:
        post(client, {"dataframe_records": [GOOD]})
    assert [(one.via, one.version) for one in world.logged()] == [("invocations", 1)]


def test_a_service_with_a_version_answers_invocations_with_it(world: World) -> None:
    with serving(world, 2) as client:
        assert post(client, {"dataframe_records": [GOOD]}).json()["version"] == 2
