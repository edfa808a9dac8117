"""A small post office: two landed months of parcels, and a dbt project of two models over them."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from artifacts.places import Places, read_places
from artifacts.raw import Key, correct, land

PROJECT = Path(__file__).parent / "toy_project"
POSTING = pa.schema(
    [
        ("parcel", pa.string()),
        ("known_at", pa.timestamp("us")),
        ("posted_at", pa.timestamp("us")),
        ("weight_g", pa.int32()),
        ("size", pa.string()),
    ]
)


def post(raw: str, month: str, weight_g: int = 100, size: str = "small") -> None:
    """Land 56 parcels of a month, two a day; every third comes late, two days after it was posted."""
    start = datetime.fromisoformat(f"{month}-01 06:00")
    moments = [start + timedelta(hours=12 * number) for number in range(56)]
    names = [f"{month}-{number:02d}" for number in range(56)]
    weights = [weight_g + number for number in range(56)]
    sizes = [size if number % 2 else "large" for number in range(56)]
    posting = pa.table([names, moments, moments, weights, sizes], schema=POSTING)
    delivery = pa.table(
        {
            "parcel": names,
            "known_at": pa.array([moment + timedelta(days=2) for moment in moments], pa.timestamp("us")),
            "is_late": [number % 3 == 0 for number in range(56)],
        }
    )
    land(raw, Key("post", "parcels", month), {"posting": posting, "delivery": delivery}, None, {"tables": ["parcels"]})


def reweigh(raw: str, parcel: str, weight_g: int) -> None:
    """Correct one parcel's weight, as it became known in March."""
    known_at = datetime.fromisoformat("2013-03-02")
    moment = datetime.fromisoformat(f"{parcel[:7]}-01 06:00") + timedelta(hours=12 * int(parcel[8:]))
    rows = pa.table([[parcel], [known_at], [moment], [weight_g], ["small"]], schema=POSTING)
    correct(raw, Key("post", "parcels", parcel[:7]), {"posting": rows}, known_at, {})


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A home in which January and February have landed."""
    home = read_places({"PIPELINE_HOME": str(tmp_path / "home")})
    post(home.raw, "2013-01")
    post(home.raw, "2013-02")
    return home


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the dbt project that a test may edit."""
    return shutil.copytree(PROJECT, tmp_path / "project")


def edit(project: Path, file: str, old: str, new: str) -> None:
    """Replace text in a file of the project; it must be there."""
    path = next(project.rglob(file))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
