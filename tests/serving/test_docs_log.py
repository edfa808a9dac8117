"""What the docs say of the prediction log: its columns, when a segment is sealed, and a query that finds one answer."""

import re
import subprocess
from pathlib import Path

import pyarrow.parquet as pq

from artifacts.places import REPOSITORY
from artifacts.prediction_log import LogSettings, compact
from tests.serving.test_docs_lines import home
from tests.serving.world import GOOD, MODEL, World, ask, serving

PAGE = (REPOSITORY / "docs" / "serving.md").read_text()
[SECTION] = re.findall(r"^## Reading the prediction log\n(.*?)^## ", PAGE, re.M | re.S)
[QUERY] = re.findall(r"^```sh\n(.*?)^```", SECTION, re.M | re.S)


def test_the_query_of_the_docs_finds_what_was_answered_in_the_columns_that_they_name(
    world: World, tmp_path: Path
) -> None:
    with serving(world) as client:
        [one, _] = ask(client, {**GOOD, "entity_id": "e1"}, {**GOOD, "entity_id": "e2"}).json()["predictions"]
    folder = home(world, tmp_path / "home")
    compact(world.places.predictions, str(folder / "var" / "prediction_parts"))
    script = re.sub("[0-9a-f]{32}", one["prediction_id"], QUERY).replace("late_arrival", MODEL)
    done = subprocess.run(["sh", "-euc", script], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("datetime.datetime") == 1
    assert repr(one["score"]) in done.stdout
    assert "{'entity_id': 'e1'}" in done.stdout
    [file] = (folder / "var" / "prediction_parts").glob(f"model={MODEL}/version=1/day=*/*/predictions.parquet")
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", SECTION, re.M)))
    assert sorted(named) == sorted(pq.read_schema(file).names)


def test_a_segment_is_sealed_when_the_docs_say() -> None:
    settings = LogSettings()
    [size, age] = re.findall(r"has (\d+) MiB or is (\w+ \w+)", SECTION.replace("\n", " "))[0]
    assert (int(size) * 2**20, age) == (settings.segment_bytes, "an hour")
    assert settings.segment_seconds == 3600
