"""What a hostile or careless client does with HTTP is answered or closed, and the next caller is served."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from artifacts.registry import RunRecord
from artifacts.training_set import TrainingSet
from tests.serving.conftest import world_in
from tests.serving.world import GOOD, MODEL, World, ask, serving, wait_for

PATH = f"/v1/models/{MODEL}/predict"
BODY = json.dumps({"rows": [GOOD]}).encode()
JSON = {"Content-Type": "application/json"}


@contextmanager
def raw(client: httpx.Client) -> Iterator[socket.socket]:
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=30) as one:
        yield one


def head(*lines: str, length: int | None = len(BODY), method: str = "POST", path: str = PATH) -> bytes:
    told = [] if length is None else [f"Content-Length: {length}"]
    first = [f"{method} {path} HTTP/1.1", "Host: x", "Content-Type: application/json"]
    return ("\r\n".join([*first, *told, *lines]) + "\r\n\r\n").encode()


def answers(client: httpx.Client, sent: bytes) -> list[bytes]:
    """The statuses of all answers to what is sent on one connection, which the last request closes."""
    found = b""
    with raw(client) as one:
        one.sendall(sent)
        while more := one.recv(65536):
            found += more
    return [part[:3] for part in found.split(b"HTTP/1.1 ")[1:]]


def test_pipelined_requests_are_answered_in_their_order_and_logged_once_each(world: World) -> None:
    with serving(world) as client, raw(client) as one:
        odd = json.dumps({"rows": [{**GOOD, "hour": None}]}).encode()
        one.sendall((head() + BODY) * 5 + head("Connection: close", length=len(odd)) + odd)
        found = b""
        while more := one.recv(65536):
            found += more
    statuses = [part[:3] for part in found.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200"] * 5 + [b"422"]
    ids = [one.prediction_id.encode() for one in world.logged()]
    assert len(ids) == 5
    assert [found.index(one) for one in ids] == sorted(found.index(one) for one in ids)


def test_a_body_in_chunks_is_read_and_one_with_two_lengths_is_refused(client: httpx.Client) -> None:
    chunks = b"".join(b"%x\r\n%c\r\n" % (1, byte) for byte in BODY) + b"0\r\n\r\n"
    assert answers(client, head("Transfer-Encoding: chunked", "Connection: close", length=None) + chunks) == [b"200"]
    broken = head("Transfer-Encoding: chunked", "Connection: close", length=None) + b"zz\r\n" + BODY
    assert answers(client, broken) == [b"400"]
    for line in ("Content-Length: 5", "Transfer-Encoding: chunked"):
        assert answers(client, head(line, "Connection: close") + BODY) == [b"400"], line
    assert ask(client, GOOD).status_code == 200


def test_a_negative_or_wordy_length_a_wrong_version_and_a_control_character_are_refused(client: httpx.Client) -> None:
    for length in ("-1", "ten", "1e3", "99999999999999999999999"):
        with raw(client) as one:
            one.sendall(head(f"Content-Length: {length}", length=None))
            assert one.recv(65536)[9:12] in {b"400", b"413"}, length
    assert answers(client, b"POST / HTTP/9.9\r\n\r\n") == [b"400"]
    assert answers(client, b"\x16\x03\x01 a TLS hello\r\n\r\n") == [b"400"]
    assert answers(client, head("X: a\x00b", "Connection: close") + BODY) == [b"400"]
    assert ask(client, GOOD).status_code == 200


@pytest.mark.parametrize("begin", [b"POST /", b"POST / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\n"])
def test_a_head_without_end_is_not_kept_in_memory(client: httpx.Client, begin: bytes) -> None:
    with raw(client) as one:
        piece = b"X: " + b"a" * 1000 + b"\r\n" if begin.endswith(b"\n") else b"a" * 1000
        one.sendall(begin)
        with suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(1000):
                one.sendall(piece)
            one.settimeout(5)
            assert one.recv(65536)[9:12] == b"400"
    assert ask(client, GOOD).status_code == 200


def test_a_large_head_that_ends_is_read(client: httpx.Client) -> None:
    assert answers(client, head(*[f"X-{n}: {'a' * 1000}" for n in range(40)], "Connection: close") + BODY) == [b"200"]


@pytest.mark.parametrize(
    "lines", [[f"X-{n}: {'a' * 1000}" for n in range(65)], [f"X: {'a' * 65_000}", "Y: " + "b" * 600]]
)
def test_a_head_beyond_its_bound_is_refused_though_it_ends_and_comes_at_once(
    client: httpx.Client, lines: list[str]
) -> None:
    with raw(client) as one:
        with suppress(BrokenPipeError, ConnectionResetError):
            one.sendall(head(*lines) + BODY)
        assert one.recv(65536)[9:12] == b"400"
    assert ask(client, GOOD).status_code == 200


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        (b"", [b"400"]),
        (b"POST / HTTP/1.1\r\nHost: x\r\n", [b"400"]),
        (head() + BODY + b"POST / HT", [b"200", b"400"]),
    ],
)
def test_a_head_that_does_not_come_is_not_waited_for(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, sent: bytes, wanted: list[bytes]
) -> None:
    monkeypatch.setattr("serving.protocol.HEAD_SECONDS", 0.3)
    assert answers(client, sent) == wanted


def test_a_compressed_body_is_refused_with_the_reason_and_never_unpacked(client: httpx.Client) -> None:
    told = client.post(PATH, content=gzip.compress(BODY), headers={**JSON, "Content-Encoding": "gzip"})
    assert (told.status_code, told.json()["error"]) == (415, "request.encoded")
    assert client.post(PATH, content=BODY, headers={**JSON, "Content-Encoding": "identity"}).status_code == 200


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "GET"])
def test_another_method_is_refused_with_those_that_there_are(client: httpx.Client, method: str) -> None:
    told = client.request(method, PATH)
    assert (told.status_code, told.headers["Allow"]) == (405, "POST")


def test_health_answers_a_probe_that_asks_for_the_head_alone(client: httpx.Client) -> None:
    for path in ("/health/live", "/health/ready", "/ping"):
        told = client.head(path)
        assert (told.status_code, told.content) == (200, b"")


@pytest.mark.parametrize(
    "kind",
    ["", "text/json", "application/jsonp", "application/x-www-form-urlencoded", "a" * 5000]
    + [f"application/json; charset={one}" for one in ("latin1", "utf-16", '"utf-8')]
    + ['application/json;"' + ";" * 60_000],
)
def test_another_media_type_is_refused_and_not_repeated(client: httpx.Client, kind: str) -> None:
    told = client.post(PATH, content=BODY, headers={"Content-Type": kind})
    assert (told.status_code, told.json()["error"]) == (415, "request.media_type")
    assert not kind or kind not in told.text


@pytest.mark.parametrize(
    "kind", ["Application/JSON; Charset=UTF-8", 'application/json;charset="utf-8"', "application/json; x=y"]
)
def test_json_in_utf_8_is_taken_however_it_is_announced(client: httpx.Client, kind: str) -> None:
    assert client.post(PATH, content=BODY, headers={"Content-Type": kind}).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["//v1/models/toy/predict", "/v1/models/toy/../toy/predict/", "/v1/models/%00/predict", "/v1/models/a%2fb/predict"],
)
def test_a_crooked_path_leads_nowhere(client: httpx.Client, path: str) -> None:
    assert answers(client, head("Connection: close", path=path) + BODY)[0] in {b"404", b"405", b"307"}


@pytest.mark.parametrize("unit", [b'{"rows":', b"[", b'{"a":[', b'{"rows":[{"hour":'])
def test_a_deep_body_is_refused_in_no_time(client: httpx.Client, unit: bytes) -> None:
    told = client.post(PATH, content=unit * (19_000 // len(unit)), headers=JSON)
    assert (told.status_code, told.json()["error"]) == (400, "request.not_json")


def test_many_keys_that_are_all_different_and_a_body_of_one_number_take_no_time(client: httpx.Client) -> None:
    many = json.dumps({"rows": [{f"k{number}": 1 for number in range(1_500)}]}).encode()
    told = client.post(PATH, content=many, headers=JSON)
    assert (told.status_code, told.json()["error"]) == (422, "request.field_missing")
    twice = b'{"rows":[{' + b'"hour":1,' * 1_500 + b'"hour":1}]}'
    told = client.post(PATH, content=twice, headers=JSON)
    assert (told.status_code, told.json()["error"]) == (400, "request.key_twice")
    told = client.post(PATH, content=b'{"rows":[{"hour":' + b"1" * 15_000 + b"}]}", headers=JSON)
    assert told.status_code == 400


KEY = "k" * 24


def authorized(*more: str) -> str:
    return "\r\n".join([f"Authorization: Bearer {KEY}", *more])


def closed_within(one: socket.socket, seconds: float) -> bytes:
    """What came until the other side ended; fails when it does not in time, though a byte is sent again and again."""
    found, deadline = b"", time.monotonic() + seconds
    one.settimeout(0.05)
    while time.monotonic() < deadline:
        try:
            with suppress(TimeoutError):
                found += one.recv(65536)
            one.sendall(b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            return found
    raise AssertionError(f"still open after {found!r}")


@pytest.fixture(scope="module")
def locked(
    shared: Path, trained: tuple[TrainingSet, tuple[RunRecord, ...]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    world = world_in(tmp_path_factory.mktemp("home"), shared, trained)
    with serving(world, max_in_flight=1, max_body_bytes=20_000, api_key=KEY) as one:
        yield one


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (head(length=100), b"401"),
        (head("Transfer-Encoding: chunked", length=None) + b"5\r\nhello\r\n", b"401"),
        (head(authorized(), length=100, path="/nothing"), b"404"),
        (head(authorized(), length=100, method="PUT"), b"405"),
        (head(authorized(), length=100, path="/health/live", method="GET"), b"200"),
        (head(authorized("Content-Encoding: gzip"), length=100), b"415"),
        (head(authorized(), length=10**9), b"413"),
    ],
)
def test_an_answer_before_the_whole_body_has_come_says_that_it_closes_and_does(
    locked: httpx.Client, monkeypatch: pytest.MonkeyPatch, sent: bytes, status: bytes
) -> None:
    monkeypatch.setattr("serving.protocol.UNREAD_SECONDS", 0.5)
    with raw(locked) as one:
        one.sendall(sent)
        told = closed_within(one, 3)
    assert told[9:12] == status
    assert told.lower().count(b"connection: close\r\n") == 1


def test_a_request_refused_for_those_under_way_is_closed_when_its_body_is_not_there(locked: httpx.Client) -> None:
    with raw(locked) as busy, raw(locked) as other:
        busy.sendall(head(authorized(), length=100) + b"{")
        wait_for(lambda: _in_flight(locked) == 1)
        other.sendall(head(authorized(), length=100) + b"{")
        told = closed_within(other, 5)
    assert told[9:12] == b"503" and b"connection: close\r\n" in told
    wait_for(lambda: _in_flight(locked) == 0)


def _in_flight(client: httpx.Client) -> int:
    text = client.get("/metrics", headers={"Authorization": f"Bearer {KEY}"}).text
    return int(next(line for line in text.splitlines() if line.startswith("serving_in_flight{")).rpartition(" ")[2])


def test_an_answer_comes_whole_though_the_body_that_nobody_reads_is_still_being_sent(locked: httpx.Client) -> None:
    with raw(locked) as one:
        one.sendall(head(length=20 * 2**20))
        for _ in range(20):
            one.sendall(b" " * 2**20)
        found = b""
        while more := one.recv(65536):
            found += more
    assert found[9:12] == b"401" and found.endswith(b"}")


def test_a_refusal_of_a_request_that_came_whole_keeps_the_connection(locked: httpx.Client) -> None:
    wrong, right = head() + BODY, head(authorized()) + BODY
    last = head(authorized("Connection: close")) + BODY
    assert answers(locked, wrong + right + wrong + last) == [b"401", b"200", b"401", b"200"]


@pytest.mark.parametrize("key", [[], [authorized()]])
@pytest.mark.parametrize(
    "begin", [b"0\r\nX: ", b"0\r\n", b"%x\r\n%b\r\n0\r\nX: " % (len(BODY), BODY), b"5;x="], ids=repr
)
def test_what_follows_the_head_and_is_no_body_is_not_kept_in_memory(
    locked: httpx.Client, monkeypatch: pytest.MonkeyPatch, key: list[str], begin: bytes
) -> None:
    monkeypatch.setattr("serving.protocol.UNREAD_SECONDS", 0.2)
    piece, deadline = (b"X: " + b"a" * 65_000 + b"\r\n" if begin == b"0\r\n" else b"a" * 65_536), time.monotonic() + 5
    with raw(locked) as one:
        one.sendall(head("Transfer-Encoding: chunked", *key, length=None) + begin)
        if not key:
            assert one.recv(65536)[9:12] == b"401"
        with suppress(BrokenPipeError, ConnectionResetError):
            while time.monotonic() < deadline:
                one.sendall(piece)
    assert time.monotonic() < deadline


def test_blank_lines_after_an_answer_hold_no_connection(locked: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.protocol.HEAD_SECONDS", 0.5)
    with raw(locked) as one:
        one.sendall(head() + BODY)
        assert one.recv(65536)[9:12] == b"401"
        closed_within(one, 4)
