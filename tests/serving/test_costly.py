"""A request that costs much is worked on beside the event loop, where nobody waits for it."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import serving.service
from serving.cost import INLINE_BYTES, is_cheap
from tests.serving.world import GOOD, MODEL, World
from tests.serving.world import serving as serving_of

MOON = {**GOOD, "place": "moon"}
PATH = f"/v1/models/{MODEL}/predict"
ENTITIES = [{"entity_id": f"e{number:06d}"} for number in range(1000)]


def split(rows: int) -> dict[str, Any]:
    return {"dataframe_split": {"columns": [*MOON], "data": [[*MOON.values()]] * rows, "index": [*range(rows)]}}


@pytest.mark.parametrize(
    ("asked", "cheap"),
    [
        ({"rows": [MOON] * 50}, True),
        (split(50), True),
        ({"dataframe_records": [MOON] * 50}, True),
        ({"rows": [MOON] * 4, "contributions": True}, True),
        ({"rows": [MOON] * 60}, False),
        (split(60), False),
        ({"entities": ENTITIES}, False),
        ({"entities": ENTITIES, "contributions": True}, False),
        ({"rows": [MOON] * 7, "contributions": True}, False),
        ({"rows": ["x" * INLINE_BYTES]}, False),
    ],
)
def test_what_a_request_costs_is_told_by_its_rows_and_by_what_is_wanted_of_them(asked: object, cheap: bool) -> None:
    for text in (json.dumps(asked), json.dumps(asked, separators=(",", ":")), json.dumps(asked, indent=1)):
        assert is_cheap(text.encode()) == cheap


def test_a_name_that_is_written_otherwise_is_taken_for_the_dear_one() -> None:
    asked = json.dumps({"rows": [MOON] * 7, "contributions": True}).replace("contributions", "contrib\\u0075tions")
    assert json.loads(asked)["contributions"] is True
    assert not is_cheap(asked.encode())


@pytest.mark.parametrize("asked", [{"rows": [GOOD] * 7, "contributions": True}, {"rows": [MOON] * 60}])
def test_while_a_costly_request_is_scored_others_are_answered(
    world: World, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    begun, others, as_it_is = threading.Event(), threading.Event(), serving.service.predict

    def waiting(*given: Any, **more: Any) -> Any:
        begun.set()
        others.wait(10)
        return as_it_is(*given, **more)

    monkeypatch.setattr("serving.service.predict", waiting)
    with serving_of(world) as client, ThreadPoolExecutor(1) as threads:
        slow = threads.submit(client.post, PATH, json=asked)
        assert begun.wait(10)
        assert client.get("/health/live", timeout=5).status_code == 200
        others.set()
        assert slow.result(30).status_code == 200
