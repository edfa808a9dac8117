"""Whose upcoming rows are scored: those of every champion, and never nobody's because the ledger was lost."""

from pathlib import Path

import pytest

from artifacts.errors import Damaged
from serving.upcoming_batch import due
from tests.serving.process import environment
from tests.serving.world import MODEL, World


@pytest.mark.parametrize("name", [None, "toy"])
def test_a_lost_ledger_is_a_refusal_not_a_day_on_which_nothing_is_due(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    for variable, value in environment(world).items():
        monkeypatch.setenv(variable, value)
    assert due(["toy"], name, "2013-04-01") == [{"model": MODEL, "name": "toy", "as_of": "2013-04-01"}]
    Path(world.places.ledger.removeprefix("sqlite:///")).unlink()
    with pytest.raises(Damaged) as refused:
        due(["toy"], name, "2013-04-01")
    assert refused.value.code == "judge.ledger_lost"
