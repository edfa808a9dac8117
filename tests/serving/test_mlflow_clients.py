"""MLflow's own scoring client asks this service as it asks MLflow's server."""

import re
import warnings
from importlib.metadata import version
from typing import Any

import httpx
import pandas as pd
import pytest

from artifacts.places import REPOSITORY
from tests.serving.world import GOOD, World, ask, serving


def post(client: httpx.Client, body: object) -> httpx.Response:
    return client.post("/invocations", json=body)


def client_of_mlflow(client: httpx.Client) -> Any:
    with warnings.catch_warnings():
        # MLflow 3.17 warns of its own type hints while it is imported.
        warnings.simplefilter("ignore")
        from mlflow.pyfunc.scoring_server.client import ScoringServerClient
    return ScoringServerClient(client.base_url.host, client.base_url.port)


def test_the_client_of_mlflow_works_unchanged(client: httpx.Client) -> None:
    mlflow = client_of_mlflow(client)
    mlflow.wait_server_ready(timeout=10)
    assert mlflow.get_version() == version("mlflow")
    frame = pd.DataFrame([GOOD, {**GOOD, "hour": 23}])
    wanted = [ask(client, row).json()["predictions"][0]["score"] for row in (GOOD, {**GOOD, "hour": 23})]
    assert mlflow.invoke(frame).get_predictions()[0].tolist() == wanted


def test_nulls_of_a_frame_are_sent_as_the_docs_say_and_refused_as_the_nan_that_pandas_makes_of_them(
    client: httpx.Client,
) -> None:
    mlflow = client_of_mlflow(client)
    frame = pd.DataFrame([{**GOOD, "delay_mean": None}, GOOD])
    [line] = re.findall(r"send `(frame\..*)`", (REPOSITORY / "docs" / "serving.md").read_text())
    wanted = [ask(client, row).json()["predictions"][0]["score"] for row in ({**GOOD, "delay_mean": None}, GOOD)]
    as_the_docs_say = eval(line, {"frame": frame})
    assert mlflow.invoke(as_the_docs_say).get_predictions()[0].tolist() == wanted
    with pytest.raises(Exception, match=r"request\.field_type"):
        mlflow.invoke(frame)


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
        {"dataframe_records": [GOOD], "params": []},
        {"dataframe_split": {"data": [[*GOOD.values()]]}},
        {"dataframe_split": {"columns": [*GOOD], "data": [[1]]}},
        {"dataframe_split": {"columns": [*GOOD], "data": []}},
        {"dataframe_split": {"columns": [*GOOD, "hour"], "data": [[*GOOD.values(), 7]]}},
        {"dataframe_split": {"columns": [1], "data": [[1]]}},
        {"dataframe_split": {"columns": [*GOOD], "data": [[*GOOD.values()]], "index": [0, 1, 2]}},
        {"dataframe_split": {"columns": [*GOOD], "data": [[*GOOD.values()]], "index": None}},
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
