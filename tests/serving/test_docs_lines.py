"""The curl lines of README and docs, as a shell runs them, against a service that listens."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from artifacts.places import REPOSITORY
from tests.serving.world import MODEL, World, serving

KEY = "0123456789abcdef-0123456789abcdef"
PAGES = ["README.md", "docs/serving.md"]
# Of Airflow, and run against it by tests/ops/test_up.py.
AIRFLOW = "docs/on-call.md"


def scripts(page: str) -> list[str]:
    """The shell blocks of a page that ask a service."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (REPOSITORY / page).read_text(), re.M | re.S)
    return [block for block in blocks if "curl" in block]


def home(world: World, folder: Path) -> Path:
    """A folder in which the paths of the docs lead to what this test has."""
    data = folder / "var" / "training_sets" / "late_arrival" / "2013-10-01.b344ea68c046" / "data.parquet"
    data.parent.mkdir(parents=True)
    [real] = Path(world.places.training_sets).glob(f"{world.training_set.id}/data.parquet")
    data.symlink_to(real)
    (folder / ".venv").symlink_to(REPOSITORY / ".venv")
    (folder / "var" / "serving_api_key").write_text(KEY + "\n")
    return folder


def run(script: str, client: httpx.Client, folder: Path) -> dict[str, Any]:
    """The JSON that a block prints, of the test's model at the test's port."""
    script = script.replace("localhost:8000", f"{client.base_url.host}:{client.base_url.port}")
    script = script.replace("/models/late_arrival", f"/models/{MODEL}").replace("is_late_arrival", "is_late")
    done = subprocess.run(["sh", "-euc", script], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_every_curl_line_stands_in_a_block_that_is_run() -> None:
    assert shutil.which("curl")
    pages = [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")]
    with_curl = {str(page.relative_to(REPOSITORY)) for page in pages if "curl -" in page.read_text()}
    assert with_curl == {*PAGES, AIRFLOW}
    for page in PAGES:
        assert "".join(scripts(page)).count("curl -") == (REPOSITORY / page).read_text().count("curl -")


@pytest.mark.parametrize("page", PAGES)
def test_the_curl_lines_of_the_docs_are_answered(world: World, tmp_path: Path, page: str) -> None:
    folder = home(world, tmp_path / "home")
    with serving(world, api_key_file=folder / "var" / "serving_api_key" if page == "README.md" else None) as client:
        told = [run(script, client, folder) for script in scripts(page)]
    assert {one["model"] for one in told} == {MODEL}
    if page == "README.md":
        assert told[0]["champion"] == 1
    else:
        assert [one.score for one in world.logged()] == [told[0]["predictions"][0]["score"]]
