"""A verdict is read back as it was written, or not at all."""

import json
from datetime import datetime

import pytest
from pydantic import ValidationError

from artifacts.errors import CannotJudge
from artifacts.verdict import Comparison, Contestant, Estimate, Evidence, Holdout, Reason, Verdict, read_verdict

MOMENT = datetime.fromisoformat("2013-10-01")
EVIDENCE = Evidence(
    model="late",
    training_set="late/2013-11-01.bb",
    candidate=Contestant(2, "run2", "late/2013-11-01.bb", "b" * 64, MOMENT),
    champion=None,
    holdout=Holdout(MOMENT, datetime.fromisoformat("2013-11-01"), 28000, 5000, 31),
    metrics={"candidate": {"log_loss": Estimate(0.1 + 0.2, 0.3, 0.31)}},
    comparisons=(Comparison("naive", "log_loss", 28000, 0.41, None, Estimate(None, None, None)),),
    thin_slices=(),
    calibration={},
)
VERDICT = Verdict("k", EVIDENCE, {"margin": 0.001}, "keep", (Reason("tie", "The same."),), MOMENT, "tester")


def test_a_verdict_survives_json_to_the_last_digit() -> None:
    assert read_verdict(VERDICT.to_json()) == VERDICT


def test_its_json_says_its_format_and_the_outcome_in_plain_words() -> None:
    told = json.loads(VERDICT.to_json())
    assert (told["schema_version"], told["outcome"], told["reasons"][0]["code"]) == (1, "keep", "tie")


@pytest.mark.parametrize("edit", [('"keep"', '"promote"'), ("28000", "28001"), ('"late"', '"lame"')])
def test_a_verdict_that_was_edited_is_damaged(edit: tuple[str, str]) -> None:
    with pytest.raises(CannotJudge, match="sha256 differs"):
        read_verdict(VERDICT.to_json().replace(*edit))


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "\x00", '{"schema_version": 1}'])
def test_what_is_no_verdict_is_damaged(text: str) -> None:
    with pytest.raises(CannotJudge, match="is no verdict"):
        read_verdict(text)


def test_a_verdict_in_another_format_is_refused_and_says_which() -> None:
    with pytest.raises(CannotJudge, match="format 2; format 1 is read here") as refusal:
        read_verdict(VERDICT.to_json().replace('"schema_version": 1', '"schema_version": 2'))
    assert refusal.value.code == "verdict.schema_version"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_cannot_be_in_a_verdict(number: float) -> None:
    with pytest.raises(ValidationError):
        Estimate(number, 0.0, 0.0)
