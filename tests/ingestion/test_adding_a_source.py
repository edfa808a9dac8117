"""The source that the guide adds works as the guide says."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from artifacts import cli
from artifacts.errors import BadInput
from artifacts.places import REPOSITORY
from ingestion import sources
from ingestion.__main__ import build_parser
from ingestion.land import land_month
from ingestion.source import source_names

GUIDE = REPOSITORY / "docs" / "adding-a-source.md"
SALES = """sale_id,sold_at,price_cents
a,2013-01-05T08:00:00,250
b,2013-01-05T08:01:00,NA
c,2013-01-05T08:02:00,-3
d,2013-02-01T08:00:00,300
"""


@pytest.fixture
def bakery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (module,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "bakery.py").write_text(module)
    (tmp_path / "sales.csv").write_text(SALES)
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(tmp_path / "sources")])
    monkeypatch.setenv("INGESTION_BAKERY_FOLDER", str(tmp_path))
    monkeypatch.setenv("INGESTION_BAKERY_MAX_QUARANTINED_SHARE", "0.5")
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    yield tmp_path
    sys.modules.pop("ingestion.sources.bakery", None)


def test_a_module_is_a_source(bakery: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert source_names() == ["bakery", "nycflights13"]
    command = ["land", "--source", "bakery", "--month", "2013-01", "--json"]
    assert cli.run(build_parser(), command) == 0
    (landed,) = json.loads(capsys.readouterr().out)["partitions"]
    assert (landed["rows"], landed["quarantined_by_reason"]) == ({"sale": 2}, {"price_negative": 1})
    (file,) = bakery.glob("raw/bakery/sales/*/*/sale.parquet")
    assert pq.read_table(file)["sale_id"].to_pylist() == ["a", "b"]


def test_a_month_without_a_row_is_refused(bakery: Path) -> None:
    with pytest.raises(BadInput, match="bakery/sales/2013-03: the source has no row") as refusal:
        land_month(str(bakery / "raw"), "bakery", "2013-03")
    assert refusal.value.code == "ingestion.month_empty"
    assert not (bakery / "raw").exists()


def test_a_row_that_no_month_would_ever_take_is_refused_with_its_line(bakery: Path) -> None:
    (bakery / "sales.csv").write_text(SALES + "e,2103-01-05T08:00:00,250\n")
    with pytest.raises(BadInput, match=r"line 6: sold_at is 2103-01-05 08:00:00, which is yet to come") as refusal:
        land_month(str(bakery / "raw"), "bakery", "2013-01")
    assert refusal.value.code == "source.time_in_future"
    assert not (bakery / "raw").exists()


def test_a_setting_that_is_needed_is_asked_for_by_its_name(bakery: Path) -> None:
    with pytest.raises(BadInput, match="INGESTION_BAKERY_FOLDER"):
        land_month(str(bakery / "raw"), "bakery", "2013-01", {})


def test_the_guides_commands_are_those_of_the_room() -> None:
    verbs = set(re.findall(r"python -m ingestion (\w+)", GUIDE.read_text()))
    (group,) = (action for action in build_parser()._actions if action.choices)
    assert verbs == set(group.choices or ())
