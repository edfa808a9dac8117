"""What a scraper reads of a service that answered, refused and lost its champion."""

import re
import time

from tests.serving.test_swap import DAMAGE, damaged
from tests.serving.world import GOOD, World, ask, serving, wait_for


def test_every_number_that_an_operator_needs_is_there_and_right(world: World) -> None:
    before = time.time()
    with serving(world) as client:
        ask(client, GOOD, GOOD)
        ask(client, {**GOOD, "place": "moon"})
        ask(client, {**GOOD, "hour": None})
        client.get("/nowhere")
        with damaged(world.file(2), DAMAGE["truncated"]):
            world.crown(2)
            wait_for(lambda: client.get("/health/ready").json()["status"] == "degraded")
            text = re.sub(r',?process="\d+"', "", client.get("/metrics").text).replace("{}", "")
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    route = 'route="/v1/models/{model}/predict"'
    for name, value in {
        f'requests_total{{{route},status="200"}}': 2,
        f'requests_total{{{route},status="422"}}': 1,
        'requests_total{route="other",status="404"}': 1,
        f"request_seconds_count{{{route}}}": 3,
        f'request_seconds_bucket{{{route},le="+Inf"}}': 3,
        'rows_total{version="1"}': 3,
        'rejections_total{reason="odd.unexpected_null"}': 1,
        'flags_total{kind="unseen_category"}': 1,
        "takeover_failures_total": 1,
        'loaded_version{model="toy"}': 1,
        "log_backlog": 0,
        "in_flight": 0,
        "degraded": 1,
    }.items():
        assert float(lines[f"serving_{name}"]) == value, name
    assert before < float(lines["serving_start_time_seconds"]) < time.time()
    assert float(lines[f"serving_request_seconds_sum{{{route}}}"]) > 0
