"""Which candidates are due of what was announced."""

import pytest

from artifacts import cli
from artifacts.errors import BadInput
from training.due import due

OLD, NEW, AGAIN = (
    f"late_arrival/{version}"
    for version in ("2013-10-01.aaaaaaaaaaaa", "2013-11-01.bbbbbbbbbbbb", "2013-11-01.cccccccccccc")
)
STRANGE = "letters/2013-10-01.eeeeeeeeeeee"
OTHER = "cancellation/2013-10-01.dddddddddddd"


def announced(*sets: str) -> list[dict[str, str]]:
    return [{"training_set": one} for one in sets]


def sets_of(pairs: list[dict[str, str]]) -> list[str]:
    return list(dict.fromkeys(pair["training_set"] for pair in pairs))


def test_of_each_name_only_the_latest_as_of_is_due_and_what_is_passed_over_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(cli, "say", said.append)
    assert sets_of(due(None, None, announced(NEW, OTHER, OLD))) == [OTHER, NEW]
    assert [line.split()[0] for line in said] == [OLD]


def test_of_two_with_the_same_as_of_neither_is_dropped() -> None:
    assert sets_of(due(None, None, announced(AGAIN, OLD, NEW, NEW))) == [NEW, AGAIN]


def test_the_one_that_a_person_names_is_due_however_old() -> None:
    assert sets_of(due(OLD, None, announced(NEW))) == [OLD]


def test_an_announced_set_that_no_config_trains_on_is_said_and_keeps_no_other_from_its_candidates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(cli, "say", said.append)
    assert sets_of(due(None, None, announced(NEW, STRANGE))) == [NEW]
    assert [line.partition(";")[0] for line in said] == ["Passed over: No config trains on letters"]
    assert "Write training/configs/NAME.yaml with training_set: letters" in said[0]


@pytest.mark.parametrize(("training_set", "sets"), [(None, [STRANGE]), (STRANGE, [NEW])])
def test_a_set_that_no_config_trains_on_is_refused_when_it_is_named_or_alone(
    training_set: str | None, sets: list[str]
) -> None:
    with pytest.raises(BadInput, match="No config trains on letters"):
        due(training_set, None, announced(*sets))


def test_an_announcement_that_is_no_training_set_is_refused() -> None:
    with pytest.raises(BadInput, match=r"'late_arrival' is no training-set id"):
        due(None, None, announced("late_arrival"))
