"""An odd row is refused by the name of its field, or answered with a flag, as the settings say; never in silence."""

from typing import Any

import pytest

from serving.policy import WORDS
from tests.serving.world import GOOD, World, ask, serving

NOTHING = dict.fromkeys(GOOD)
ODD: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "unseen_category": ({**GOOD, "place": "moon"}, "place", "unseen_category:place"),
    "out_of_bounds": ({**GOOD, "hour": 24}, "hour", "out_of_bounds:hour"),
    "unexpected_null": ({**GOOD, "load": None}, "load", "unexpected_null:load"),
    "all_null": (NOTHING, None, "all_null"),
}
FLAG_ALL = dict.fromkeys(WORDS, "flag")


def test_every_kind_of_odd_row_is_tested() -> None:
    assert ODD.keys() == WORDS.keys()


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_row_is_refused_by_the_name_of_its_field(world: World, kind: str) -> None:
    row, field, _ = ODD[kind]
    with serving(world, **{**FLAG_ALL, kind: "refuse"}) as client:
        told = ask(client, GOOD, row)
    assert (told.status_code, told.json()["error"]) == (422, f"odd.{kind}")
    assert (told.json().get("field"), told.json()["row"]) == (field, 1)
    assert f"SERVING_{kind.upper()}=flag" in told.json()["next_step"]
    assert world.logged() == []


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_row_is_answered_with_a_flag_in_answer_log_and_metrics(world: World, kind: str) -> None:
    row, _, flag = ODD[kind]
    with serving(world, **FLAG_ALL) as client:
        told = ask(client, GOOD, row).json()
        text = client.get("/metrics").text
    assert flag in told["predictions"][1]["flags"]
    assert told["predictions"][0]["flags"] == []
    assert flag in world.logged()[1].flags
    assert f'serving_flags_total{{kind="{kind}"' in text


def test_by_default_an_unseen_category_is_flagged_and_the_rest_is_refused(world: World) -> None:
    with serving(world) as client:
        answers = {kind: ask(client, row).json().get("error") for kind, (row, _, _) in ODD.items()}
    refused = ("out_of_bounds", "unexpected_null", "all_null")
    assert answers == {"unseen_category": None, **{kind: f"odd.{kind}" for kind in refused}}


@pytest.mark.parametrize(("field", "ends"), [("hour", (0, 23)), ("delay_mean", (-60, 600)), ("load", (0, 100))])
def test_bounds_are_inclusive(world: World, field: str, ends: tuple[float, float]) -> None:
    with serving(world) as client:
        for end, beyond in zip(ends, (ends[0] - 1, ends[1] + 1), strict=True):
            assert ask(client, {**GOOD, field: end}).status_code == 200
            told = ask(client, {**GOOD, field: beyond}).json()
            assert (told["error"], told["field"]) == ("odd.out_of_bounds", field)
            assert f"wanted {ends[0]} to {ends[1]}" in told["message"]


def test_a_null_that_the_contract_allows_is_answered_without_a_flag(world: World) -> None:
    with serving(world) as client:
        told = ask(client, {**GOOD, "delay_mean": None}).json()
    assert told["predictions"][0]["flags"] == []
