"""The load client counts what a real server answers, and the page says which aims are missed."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from artifacts.errors import CannotJudge
from ops.bench.figures import Spread
from ops.bench.serving import page
from ops.bench.serving.cells import CLIENTS, LIMIT, ROWS, WORKERS, Cell, from_dict, to_dict
from ops.bench.serving.load import load, told
from ops.bench.serving.servers import MLFLOW, SERVICE, SPLIT, service


@contextmanager
def server(status=200):
    """A server that keeps its connections, and the bodies that it was sent."""
    bodies = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yield listening.server_address[1], bodies
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


def asked(tmp_path, port, **given):
    for number in range(2):
        (tmp_path / f"{number}.json").write_text(f"body {number}")
    bodies = [str(tmp_path / f"{number}.json") for number in range(2)]
    facts = {"host": "127.0.0.1", "port": port, "path": "/", "bodies": bodies, "clients": 3, "seconds": 30, "most": 40}
    return load(**{**facts, **given})


def test_as_many_requests_as_may_be_are_sent_in_turn_and_every_answer_is_counted(tmp_path):
    with server() as (port, bodies):
        found = asked(tmp_path, port)
    assert (found["requests"], len(bodies), bodies.count(b"body 0")) == (40, 40, 20)
    assert 0 < found["p50_ms"] <= found["p99_ms"]


def test_the_time_is_an_end_too(tmp_path):
    with server() as (port, _):
        assert 0 < asked(tmp_path, port, seconds=0.2, most=10**9)["requests"] < 10**6


def test_another_answer_than_200_is_no_measurement(tmp_path):
    with server(status=503) as (port, _), pytest.raises(CannotJudge) as refused:
        asked(tmp_path, port)
    assert refused.value.code == "bench.refused"


def test_a_server_that_ends_at_once_is_named_with_its_log(tmp_path):
    log = tmp_path / "service.log"
    with pytest.raises(CannotJudge, match="the service did not answer") as told, service(tmp_path, tmp_path, 1, log):
        pass
    assert (told.value.code, str(log) in told.value.next_step) == ("bench.not_up", True)


def test_the_99th_percentile_is_exceeded_by_one_in_a_hundred():
    assert told([number / 1000 for number in range(1, 201)], 2.0) == {
        "requests": 200,
        "per_second": 100.0,
        "p50_ms": 100.0,
        "p99_ms": 198.0,
    }
    with pytest.raises(CannotJudge):
        told([], 1.0)


def cells(rate, p99, batch):
    def cell(of, per_second, p50):
        return Cell(*of, 100, *(Spread(value, value, value) for value in (per_second, p50, p99, 1.0)))

    found = [cell((LIMIT, 1, rows, 1), 5000.0, 12.0) for rows in ROWS]
    for workers in WORKERS:
        for rows in ROWS:
            for clients in CLIENTS:
                found.append(cell((SERVICE, workers, rows, clients), rate, batch))
                found.append(cell((MLFLOW, workers, rows, clients), 100.0, 50.0))
                found.append(cell((SPLIT, workers, rows, clients), rate, batch))
    return found


@pytest.mark.parametrize(("rate", "p99", "batch", "met"), [(1000.0, 10.0, 24.0, {True}), (999.0, 10.1, 24.1, {False})])
def test_an_aim_is_met_up_to_its_bound(rate, p99, batch, met):
    assert {aim.is_met for aim in page.aims(cells(rate, p99, batch))} == met


def test_cells_are_read_back_and_the_page_says_missed():
    found = cells(999.0, 9.0, 20.0)
    assert [from_dict(to_dict(cell)) for cell in found] == found
    machine = {"processor": "a processor", "cores": 2, "memory_gib": 23.5, "system": "Linux", "python": "3.11"}
    text = page.document(
        {
            "cells": [to_dict(cell) for cell in found],
            "machine": machine,
            "load": {"before": [0.5], "after": [9.0]},
            "model": {"trees": 229, "features": 68},
            "date": "2026-11-25",
            "repeat": 2,
            "seconds": 3.0,
        }
    )
    assert (
        "single rows, 8 client(s), 2 worker(s): requests/s against mlflow models serve | 9.99 | at least 10 | missed |"
        in text
    )
    assert "| single rows, 8 clients, 1 worker(s): p99 in ms, durable log | 9.00 | at most 10 | met |" in text
    assert "load 0.5 before and 9.0 after" in text
