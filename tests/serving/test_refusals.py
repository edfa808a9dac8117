"""Whatever is wrong with a request is refused with 4xx, by the name of its field, and none of it is repeated."""

import importlib
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts.cli import PROGRESS
from ops.healthy import why_unhealthy
from tests.serving.world import GOOD, MODEL, World, ask, serving, wait_for

PATH = f"/v1/models/{MODEL}/predict"
# It looks like a field's name, so that none may be repeated either.
SECRET = "ssn_123456789"


def body_with(name: str, text: str) -> bytes:
    """A body with one good row, but for the JSON text of one field."""
    fields = {key: json.dumps(value) for key, value in GOOD.items()} | {name: text}
    return ('{"rows": [{' + ", ".join(f'"{key}": {value}' for key, value in fields.items()) + "}]}").encode()


def post(client: httpx.Client, body: bytes, path: str = PATH) -> httpx.Response:
    return client.post(path, content=body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("delay_mean", "NaN"),
        ("delay_mean", "Infinity"),
        ("delay_mean", "-Infinity"),
        ("delay_mean", "1e999"),
        ("noise", "-1e999"),
        ("noise", "1e39"),
        ("noise", "1" + "0" * 300),
        ("noise", str(2**128)),
        ("delay_mean", '"12.5"'),
        ("delay_mean", "true"),
        ("delay_mean", "[1]"),
        ("hour", "7.5"),
        ("hour", "true"),
        ("hour", '"7"'),
        ("hour", str(2**31)),
        ("hour", "NaN"),
        ("load", "31.1255"),
        ("load", "1000000"),
        ("load", "true"),
        ("load", "NaN"),
        ("is_holiday", "0"),
        ("is_holiday", '"false"'),
        ("place", "1"),
        ("place", '"\\ud800"'),
        ("place", json.dumps("x" * 1001)),
        ("place", '{"a": 1}'),
        ("entity_id", "1"),
        ("entity_id", "null"),
        ("entity_id", '"\\udfff"'),
        ("observed_at", '"yesterday"'),
        ("observed_at", '"2013-01-01T00:00:00+02:00"'),
    ],
)
def test_a_value_of_another_type_is_refused_by_the_name_of_its_field(
    client: httpx.Client, name: str, text: str
) -> None:
    told = post(client, body_with(name, text))
    assert (told.status_code, told.json()["error"]) == (422, "request.field_type")
    assert (told.json()["field"], told.json()["row"]) == (name, 0)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "request.not_json"),
        (b"{", 400, "request.not_json"),
        (b"\xff", 400, "request.not_json"),
        (b"[" * 10_000, 400, "request.not_json"),
        (b"1" * 5_000, 400, "request.not_json"),
        (b"[]", 422, "request.shape"),
        (b"null", 422, "request.shape"),
        (b"NaN", 422, "request.shape"),
        (b"{}", 422, "request.shape"),
        (b'{"rows": []}', 422, "request.shape"),
        (b'{"rows": {}}', 422, "request.shape"),
        (b'{"rows": [1]}', 422, "request.shape"),
        (b'{"rows": [{}]}', 422, "request.field_missing"),
        (b'{"rows": [], "rows": []}', 400, "request.key_twice"),
        (b'{"rows": [], "more": 1}', 422, "request.field_unknown"),
    ],
)
def test_a_body_of_another_shape_is_refused(client: httpx.Client, body: bytes, status: int, code: str) -> None:
    told = post(client, body)
    assert (told.status_code, told.json()["error"]) == (status, code)


@pytest.mark.parametrize("asked", [1, "true", None])
def test_contributions_are_asked_for_with_true_or_false(client: httpx.Client, asked: object) -> None:
    told = client.post(PATH, json={"rows": [GOOD], "contributions": asked})
    assert (told.status_code, told.json()["field"]) == (422, "contributions")


@pytest.mark.parametrize("name", ["is_late", "label_known_at", "weight", "__class__"])
def test_a_field_that_is_no_feature_is_refused_by_its_place_the_label_too(client: httpx.Client, name: str) -> None:
    told = ask(client, {"hour": 7, name: "x", **GOOD})
    assert (told.status_code, told.json()["error"], told.json()["row"]) == (422, "request.field_unknown", 0)
    assert told.json()["message"] == "Field 1 of row 0, both counted from 0, is no feature of the model."
    split = {"columns": [*GOOD, name], "data": [[*GOOD.values(), 1]]}
    told = client.post("/invocations", json={"dataframe_split": split})
    assert told.json()["message"] == "Column 6, counted from 0, is no feature of the model."


def test_a_misspelt_key_is_told_the_one_that_was_meant(client: httpx.Client) -> None:
    told = ask(client, {**GOOD, "observed_ta": "2013-01-01T00:00:00"})
    assert told.json()["message"].endswith("is no feature of the model. Did you mean observed_at?")
    assert "observed_ta" not in told.text


@pytest.mark.parametrize("having", [0, 1])
def test_a_key_in_some_rows_only_is_refused_as_what_it_is(client: httpx.Client, having: int) -> None:
    rows = [GOOD, GOOD]
    rows[having] = {**GOOD, "entity_id": "e1"}
    told = ask(client, *rows).json()
    assert (told["error"], told["field"], told["row"]) == ("request.field_missing", "entity_id", 1)
    assert told["next_step"] == "Give each of the keys (entity_id, observed_at) in every row or in none."


def test_null_is_offered_where_the_contract_allows_it_and_only_there(client: httpx.Client) -> None:
    for name, offered in (("delay_mean", True), ("hour", False), ("place", False)):
        told = post(client, body_with(name, "[1]")).json()["message"]
        assert (" or null (" in told) == offered, told


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("place", "null", "place of row 0 is null, which the contract does not allow here."),
        ("entity_id", "null", "entity_id of row 0 is null, which is not allowed here; wanted text"),
        ("place", "NaN", "place of row 0 is NaN, which is no JSON; wanted text of at most 1000 characters (varchar)."),
        ("delay_mean", "NaN", "delay_mean of row 0 is NaN, which is no JSON; wanted a number that fits"),
    ],
)
def test_null_and_the_nan_that_pandas_makes_of_it_are_named(
    client: httpx.Client, name: str, text: str, said: str
) -> None:
    told = post(client, body_with(name, text)).json()
    assert said in told["message"]
    assert ("frame.notna()" in told["next_step"]) == ((name, text) == ("delay_mean", "NaN"))


def test_neither_or_both_forms_are_told_in_words(client: httpx.Client) -> None:
    for path, one, other in (
        (PATH, "rows", "entities"),
        ("/invocations", "dataframe_split", "dataframe_records"),
    ):
        neither, both = (client.post(path, json=body).json() for body in ({}, {one: [], other: []}))
        assert neither["message"] == f"The body has neither {one} nor {other}; wanted one of the two."
        assert both["message"] == f"The body has both {one} and {other}; wanted one of the two."


def test_too_many_entities_and_an_entity_of_another_shape_are_told_as_entities(client: httpx.Client) -> None:
    many = client.post(PATH, json={"entities": [{"entity_id": "e1"}] * 4}).json()
    assert (many["error"], many["field"]) == ("request.too_many_rows", "entities")
    assert many["next_step"].endswith("python -m serving score --model MODEL --upcoming")
    told = client.post(PATH, json={"entities": [{"entity_id": "e1"}, 1]}).json()
    assert told["message"] == "Entity 1 is not an object."


def test_a_row_that_lacks_a_field_or_has_one_more_than_the_first_is_refused_by_its_number(client: httpx.Client) -> None:
    short = {name: value for name, value in GOOD.items() if name != "load"}
    told = ask(client, GOOD, short).json()
    assert (told["error"], told["field"], told["row"]) == ("request.field_missing", "load", 1)
    told = ask(client, GOOD, {**GOOD, "more": 1}).json()
    assert (told["error"], told["row"], "field" in told) == ("request.field_unknown", 1, False)
    assert told["message"].startswith("Field 6 of row 1, both counted from 0,")


@pytest.mark.parametrize(
    "body",
    [
        body_with("delay_mean", json.dumps(SECRET)),
        body_with(f"<b>{SECRET}", "1"),
        body_with("hour", '"' + SECRET + '"'),
        f'{{"rows": [{{"{SECRET}": 1, "{SECRET}": 2}}]}}'.encode(),
        f'{{"{SECRET}": 1}}'.encode(),
        f"{SECRET}".encode(),
        f'{{"rows": "{SECRET}"}}'.encode(),
        f'{{"dataframe_split": {{"columns": ["{SECRET}", "{SECRET}"], "data": []}}}}'.encode(),
    ],
)
def test_no_refusal_repeats_what_was_sent(client: httpx.Client, body: bytes) -> None:
    for path in (PATH, "/invocations"):
        told = post(client, body, path)
        assert 400 <= told.status_code < 500
        assert SECRET not in told.text


def test_a_large_body_and_many_rows_are_refused_and_the_next_request_is_answered(client: httpx.Client) -> None:
    large = post(client, b" " * 20_001)
    assert (large.status_code, large.json()["error"]) == (413, "request.too_large")

    def in_pieces() -> Iterator[bytes]:
        yield from [b" " * 10_000] * 3

    large = client.post(PATH, content=in_pieces(), headers={"Content-Type": "application/json"})
    assert (large.status_code, large.json()["error"]) == (413, "request.too_large")
    many = ask(client, *[GOOD] * 4)
    assert (many.status_code, many.json()["error"]) == (422, "request.too_many_rows")
    assert ask(client, *[GOOD] * 3).status_code == 200


def test_a_body_that_will_be_too_large_is_not_waited_for(client: httpx.Client) -> None:
    held = _half_a_request(client, length=10**9)
    assert held.recv(4096).startswith(b"HTTP/1.1 413 ")
    held.close()


def test_another_media_type_path_method_model_or_version_is_refused(client: httpx.Client) -> None:
    assert client.post(PATH, content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    assert client.get("/nothing").status_code == 404
    assert client.get(PATH).status_code == 405
    for path in (
        "other/predict",
        f"{MODEL}/versions/2/predict",
        f"{MODEL}/versions/²/predict",
        f"{MODEL}/versions/x/predict",
        f"{MODEL}/versions/99/predict",
    ):
        told = ask(client, GOOD, path=f"/v1/models/{path}")
        assert told.status_code == 404
        assert ("GET /v1/models/toy lists" in told.json()["next_step"]) == ("versions" in path)
        assert {"error", "message", "next_step"} <= told.json().keys()
    assert client.get("/v1/models/other").status_code == 404


def test_nothing_that_was_refused_is_logged_and_every_refusal_is_counted(world: World) -> None:
    with serving(world) as client:
        post(client, b"{")
        post(client, body_with("hour", "NaN"))
        text = client.get("/metrics").text
    assert 'serving_rejections_total{reason="request.not_json"' in text
    assert 'serving_rejections_total{reason="request.field_type"' in text
    assert world.logged() == []


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ROW = st.dictionaries(st.sampled_from([*GOOD, "entity_id", "observed_at", "more"]), VALUE).map(
    lambda odd: {**GOOD, **odd}
)


@given(rows=st.lists(ROW, max_size=4))
@settings(max_examples=200, deadline=None)
def test_whatever_the_rows_hold_the_answer_is_200_or_4xx(client: httpx.Client, rows: list[dict[str, Any]]) -> None:
    told = post(client, json.dumps({"rows": rows}).encode())
    assert told.status_code in {200, 400, 413, 422}
    told = post(client, json.dumps({"dataframe_records": rows}).encode(), "/invocations")
    assert told.status_code in {200, 400, 413, 422}


def test_too_many_requests_at_once_are_told_to_come_again(world: World) -> None:
    with serving(world, max_in_flight=1) as client, httpx.Client(base_url=client.base_url) as other:
        held = _half_a_request(client)
        wait_for(lambda: "serving_in_flight" in other.get("/metrics").text and _in_flight(other) == 1)
        told = ask(other, GOOD)
        assert (told.status_code, told.json()["error"]) == (503, "request.too_many")
        assert told.headers["Retry-After"] == "1"
        held.close()
        wait_for(lambda: _in_flight(other) == 0)
        assert ask(other, GOOD).status_code == 200


def test_a_caller_who_leaves_is_no_failure_of_the_service(world: World) -> None:
    with serving(world) as client:
        _half_a_request(client).close()
        wait_for(lambda: 'status="400"' in client.get("/metrics").text)
        assert 'status="500"' not in client.get("/metrics").text


def test_a_body_that_does_not_come_is_not_waited_for(world: World) -> None:
    with serving(world, timeout_seconds=0.3) as client:
        held = _half_a_request(client)
        assert held.recv(4096).startswith(b"HTTP/1.1 408 ")
        held.close()


@pytest.mark.parametrize(
    ("what", "row"),
    [("serving.together.score_together", GOOD), ("serving.service.to_log", {**GOOD, "place": "moon"})],
)
def test_an_answer_that_takes_too_long_is_not_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str, row: dict[str, Any]
) -> None:
    module, _, name = what.rpartition(".")
    as_it_is = getattr(importlib.import_module(module), name)

    def slowly(*arguments: Any) -> Any:
        time.sleep(0.6)
        return as_it_is(*arguments)

    monkeypatch.setattr(what, slowly)
    with serving(world, timeout_seconds=0.3) as client:
        told = ask(client, row)
    assert (told.status_code, told.json()["error"]) == (503, "request.too_slow")
    assert told.headers["Retry-After"] == "1"


def _in_flight(client: httpx.Client) -> int:
    lines = client.get("/metrics").text.splitlines()
    return int(next(line for line in lines if line.startswith("serving_in_flight{")).rpartition(" ")[2])


def _half_a_request(client: httpx.Client, length: int = 100) -> socket.socket:
    held = socket.create_connection((client.base_url.host, client.base_url.port), timeout=30)
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{{"
    held.sendall(head.encode())
    return held


def test_a_full_disk_is_answered_with_503_and_no_score(world: World) -> None:
    world.places.predictions.write_text("a file where the log's folder should be")
    with serving(world) as client:
        told = ask(client, GOOD)
        assert (told.status_code, told.json()["error"]) == (503, "log.unwritable")
        assert "Retry-After" in told.headers
        assert "score" not in told.text
        world.places.predictions.unlink()
        assert ask(client, GOOD).status_code == 200
    assert len(world.logged()) == 1


def test_a_service_that_can_log_nothing_is_not_ready_and_is_again_once_it_can_though_nobody_asks(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PROGRESS, "propagate", True)
    caplog.set_level("INFO", PROGRESS.name)
    world.places.predictions.write_text("a file where the log's folder should be")
    with serving(world) as client:
        told = client.get("/health/ready")
        assert (told.status_code, told.json()["status"]) == (503, "refusing")
        assert told.json()["trouble"] == "log.unwritable"
        assert client.head("/health/ready").status_code == 503
        assert client.get("/health/live").status_code == 200
        assert why_unhealthy(f"{client.base_url}/health/live") is None
        assert "503" in (why_unhealthy(f"{client.base_url}/health/ready") or "")
        why = f"{world.places.predictions} is a file, wanted a folder"
        assert why in client.get(f"/v1/models/{MODEL}").json()["troubles"][0]
        # By record: a handler that another test left may hand the same one over again.
        assert len({id(one) for one in caplog.records if why in one.getMessage()}) == 1
        world.places.predictions.unlink()
        wait_for(lambda: client.get("/health/ready").status_code == 200)
        assert len({id(one) for one in caplog.records if "answers again" in one.getMessage()}) == 1
        assert client.get("/health/ready").json()["status"] == "ready"
        assert world.logged() == []
        assert ask(client, GOOD).status_code == 200
    assert len(world.logged()) == 1
