"""The OpenAPI document says what the contract says, and what it allows is what the service answers."""

import json
import re
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts.places import REPOSITORY
from serving import openapi
from serving.app import create_app, find_version
from serving.front import OPEN
from serving.policy import WORDS
from serving.settings import ServingSettings
from tests.serving.world import GOOD, World, ask, serving


def document(client: httpx.Client) -> dict[str, Any]:
    told: dict[str, Any] = client.get("/openapi.json").json()
    return told


def row(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = document(client)["components"]["schemas"]["Row"]
    return found


def test_a_feature_shows_type_unit_bounds_and_description(client: httpx.Client) -> None:
    hour, delay = row(client)["properties"]["hour"], row(client)["properties"]["delay_mean"]
    assert (hour["type"], hour["minimum"], hour["maximum"], hour["x-unit"]) == ("integer", 0, 23, "hours")
    assert "Unit: hours. Bounds: 0 to 23. The contract allows no nulls." in hour["description"]
    assert delay["type"] == ["number", "null"]
    assert row(client)["properties"]["place"]["x-categories"] == ["harbour", "hill", "market"]
    assert set(row(client)["required"]) == set(GOOD)
    assert "is_late" not in row(client)["properties"]


def test_what_is_flagged_is_described_and_no_rule(world: World) -> None:
    with serving(world, **dict.fromkeys(WORDS, "flag")) as client:
        hour = row(client)["properties"]["hour"]
    assert (hour["type"], hour["minimum"], hour["x-bounds"]) == (["integer", "null"], -(2**31), [0, 23])


def test_bounds_of_whole_numbers_are_whole_and_contributions_are_described(client: httpx.Client) -> None:
    text = json.dumps(row(client)["properties"]["hour"])
    assert '"minimum": 0, "maximum": 23' in text
    assert '"x-bounds": [0, 23]' in text
    for form in document(client)["components"]["schemas"]["Request"]["oneOf"]:
        assert "SHAP values" in form["properties"]["contributions"]["description"]


def test_the_routes_that_want_no_key_say_so(world: World) -> None:
    version = find_version(world.places, "toy", None)
    paths = openapi.document(version, ServingSettings(), None, with_key=True)["paths"]
    free = {path for path, item in paths.items() if item.get("get", {}).get("security") == []}
    assert free == OPEN


@pytest.mark.parametrize("action", ["refuse", "flag"])
def test_the_policy_is_shown(world: World, action: str) -> None:
    with serving(world, **dict.fromkeys(WORDS, action)) as client:
        about = document(client)["info"]["description"]
        assert client.get("/v1/models/toy").json()["policy"] == dict.fromkeys(WORDS, action)
    done = {"refuse": "refused with 422", "flag": "answered, with a flag"}[action]
    assert all(re.search(rf"- {kind} \(.*\): {done}", about) for kind in WORDS)


def test_the_document_lists_exactly_the_routes_that_there_are(client: httpx.Client, world: World) -> None:
    app = create_app(ServingSettings(), world.places, "toy")
    assert set(document(client)["paths"]) == {route.path for route in app.routes}  # type: ignore[attr-defined]


def test_answers_refusals_and_requests_are_as_the_document_says(client: httpx.Client) -> None:
    schemas = document(client)["components"]
    for name, answer in {
        "Answer": client.post("/v1/models/toy/predict", json={"rows": [GOOD], "contributions": True}),
        "Predictions": client.post("/invocations", json={"dataframe_records": [GOOD]}),
        "Refusal": ask(client, {**GOOD, "hour": None}),
    }.items():
        jsonschema.validate(answer.json(), {"components": schemas, "$ref": f"#/components/schemas/{name}"})


NUMBERS = st.integers(-(2**40), 2**40) | st.floats(-1e30, 1e30) | st.integers(0, 30)
VALUES = st.none() | st.booleans() | NUMBERS | st.sampled_from(["hill", "moon", ""])


@given(odd=st.dictionaries(st.sampled_from(sorted(GOOD)), VALUES, min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_a_row_is_answered_exactly_when_the_schema_allows_it(client: httpx.Client, odd: dict[str, Any]) -> None:
    given_row = {**GOOD, **odd}
    load = given_row["load"]
    if isinstance(load, float):
        # More decimals than the type has are refused, which JSON Schema's floats cannot say.
        given_row["load"] = round(load, 3)
    allowed = jsonschema.Draft202012Validator(_row_schema(client)).is_valid(given_row)
    assert (ask(client, given_row).status_code == 200) == allowed


_SCHEMAS: dict[str, dict[str, Any]] = {}


def _row_schema(client: httpx.Client) -> dict[str, Any]:
    if str(client.base_url) not in _SCHEMAS:
        _SCHEMAS[str(client.base_url)] = row(client)
    return _SCHEMAS[str(client.base_url)]


def test_every_setting_is_documented_and_the_reverse() -> None:
    pages = "\n".join(page.read_text() for page in (REPOSITORY / "docs").glob("*.md"))
    known = {f"SERVING_{name.upper()}" for name in ServingSettings.model_fields}
    assert set(re.findall(r"`(SERVING_[A-Z_]+)", pages)) == known
