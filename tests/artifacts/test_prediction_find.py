"""One prediction is found by its id wherever it lies, and days are counted from manifests."""

from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from artifacts.errors import Missing
from artifacts.prediction_log import Key, Log, compact, counts, find
from artifacts.prediction_log.parts import keys
from tests.fixtures_prediction_log import logged, prediction

IN_PART, IN_SEGMENT = prediction(prediction_id="a" * 32), prediction(prediction_id="b" * 32)


@pytest.fixture
def log(tmp_path: Path) -> tuple[Path, str]:
    """One prediction that was compacted, and one that was not yet."""
    folder, into = tmp_path / "log", str(tmp_path / "parts")
    logged(folder, IN_PART)
    compact(folder, into)
    logged(folder, IN_SEGMENT)
    return folder, into


@pytest.mark.parametrize("one", [IN_PART, IN_SEGMENT], ids=["part", "segment"])
@pytest.mark.parametrize("day", [None, date(2013, 10, 1)])
def test_a_prediction_is_found_in_a_part_and_in_a_segment(log: tuple[Path, str], one: object, day: date | None) -> None:
    assert find(*log, "late_arrival", one.prediction_id, day) == one  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", ["other", "late_arrival"])
def test_another_model_or_id_is_missing(log: tuple[Path, str], model: str) -> None:
    wanted = "c" * 32 if model == "late_arrival" else "a" * 32
    with pytest.raises(Missing, match=f"No prediction {wanted} of {model}"):
        find(*log, model, wanted)


@pytest.mark.parametrize("one", [IN_PART, IN_SEGMENT], ids=["part", "segment"])
def test_of_another_day_it_is_missing_wherever_it_lies(log: tuple[Path, str], one: object) -> None:
    with pytest.raises(Missing, match="is in the log of 2013-10-02"):
        find(*log, "late_arrival", one.prediction_id, date(2013, 10, 2))  # type: ignore[attr-defined]


def test_what_is_compacted_while_it_is_looked_for_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, into = tmp_path / "log", str(tmp_path / "parts")
    logged(folder, IN_SEGMENT)
    module = import_module("artifacts.prediction_log.find")

    def and_then_compacted(*given: str) -> list[Key]:
        listed = keys(*given)
        assert len(compact(folder, into).parts) == 1
        return listed

    monkeypatch.setattr(module, "keys", and_then_compacted)
    assert find(folder, into, "late_arrival", IN_SEGMENT.prediction_id) == IN_SEGMENT
    assert compact(folder, into).removed == 1


def test_what_is_compacted_is_counted_by_version_and_day(log: tuple[Path, str]) -> None:
    assert counts(Log(*log, "late_arrival")) == {Key("late_arrival", 3, date(2013, 10, 1)): 1}
    assert counts(Log(*log, "other")) == {}
