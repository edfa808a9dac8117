"""Requests that schemathesis makes from the OpenAPI document: those that it allows, and those that it does not."""

import os
from collections import Counter
from collections.abc import Iterator
from math import ceil
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from serving.request import ALL_ENTITIES, ALL_ROWS

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PREDICTING = ["/v1/models/{model}/predict", "/v1/models/{model}/versions/{version}/predict", "/invocations"]
READING = ["/v1/models/{model}", "/health/live", "/health/ready", "/ping", "/version", "/metrics", "/openapi.json"]
# Some 300 by default, since they take a minute; TEST_REQUESTS=5000 is for a change of what reads requests.
REQUESTS = ceil(int(os.environ.get("TEST_REQUESTS", "300")) / (len(PREDICTING) * len(GenerationMode)))
# Fewer characters stand in a refusal's own words by chance.
TELLING = 6


def ask_all(client: httpx.Client, path: str, mode: GenerationMode, most: int, **fixed: Any) -> Counter[int]:
    """Ask with up to `most` cases; how many were answered with each status."""
    # The service's own words: what it documents, and what it advises where rows are too many.
    written = client.get("/openapi.json").text + ALL_ROWS + ALL_ENTITIES
    document = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    [method] = [name for name in ("post", "get") if name in client.get("/openapi.json").json()["paths"][path]]
    statuses: Counter[int] = Counter()
    base = str(client.base_url).rstrip("/")
    with requests.Session() as session:

        @seed(20131001)
        @settings(max_examples=most, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=document[path][method.upper()].as_strategy(generation_mode=mode, **fixed))
        def hold(case: Any) -> None:
            answer = case.call_and_validate(base_url=base, session=session, checks=CHECKS)
            statuses[answer.status_code] += 1
            if answer.status_code != 200:
                assert [text for text in values(case.body) if text in answer.text and text not in written] == []

        hold()
    return statuses


def values(given: Any) -> Iterator[str]:
    """Every text and number in a JSON value, as it is written there; the keys are the names of fields."""
    if isinstance(given, dict | list):
        for one in given.values() if isinstance(given, dict) else given:
            yield from values(one)
    elif isinstance(given, str | int | float) and len(str(given)) >= TELLING:
        yield str(given)


@pytest.mark.parametrize("path", PREDICTING)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_a_generated_request_is_never_a_failure_of_the_service_nor_repeated_by_it(
    client: httpx.Client, path: str, mode: GenerationMode
) -> None:
    fixed = {"path_parameters": {"model": "toy", "version": 1}} if "version" in path else {}
    statuses = ask_all(client, path, mode, REQUESTS, **fixed)
    assert statuses.total() >= REQUESTS
    assert set(statuses) <= {200, 400, 404, 413, 422}
    assert (statuses[200] > 0) == mode.is_positive


@pytest.mark.parametrize("path", READING)
def test_what_is_read_is_as_the_document_says(client: httpx.Client, path: str) -> None:
    assert set(ask_all(client, path, GenerationMode.POSITIVE, 5)) == {200}


def test_every_route_of_the_document_is_asked(client: httpx.Client) -> None:
    assert set(client.get("/openapi.json").json()["paths"]) == {*PREDICTING, *READING}
