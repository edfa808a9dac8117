"""One prediction is found by its id wherever it lies, and days are counted from manifests."""

import shutil
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from artifacts.errors import Damaged, Missing
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


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize(
    "harm",
    [lambda file: file.write_bytes(b""), lambda file: file.unlink(), lambda file: file.write_bytes(b"PAR1"), flip],
)
def test_of_a_part_that_is_harmed_it_is_said_and_what_lies_elsewhere_is_found(log: tuple[Path, str], harm) -> None:  # type: ignore[no-untyped-def]
    [file] = Path(log[1]).rglob("*.parquet")
    harm(file)
    for wanted in (IN_PART.prediction_id, "c" * 32):
        with pytest.raises(Damaged) as refused:
            find(*log, "late_arrival", wanted)
        assert refused.value.code == "publish.damaged"
    assert find(*log, "late_arrival", IN_SEGMENT.prediction_id) == IN_SEGMENT


@pytest.mark.parametrize(("lost", "code"), [("parts/model=late_arrival", "log.part_gone"), ("log", "log.list_gone")])
def test_that_an_id_is_nowhere_is_not_said_of_a_log_of_which_something_is_gone(
    log: tuple[Path, str], lost: str, code: str
) -> None:
    compact(*log)
    shutil.rmtree(log[0].parent / lost)
    with pytest.raises(Damaged) as refused:
        find(*log, "late_arrival", "c" * 32)
    assert refused.value.code == code


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
