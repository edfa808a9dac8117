"""The example source, small enough to be read in a test."""

from pathlib import Path

import pytest

from tests.ingestion.small_source import (
    AIRLINE,
    AIRLINES,
    AIRPORTS,
    CALM,
    CANCELLED,
    DIVERTED,
    HOUSTON,
    IN_FEBRUARY,
    LA_GUARDIA,
    NEWARK,
    ON_TIME,
    PLANE,
    PLANES,
    Example,
)


@pytest.fixture
def example(tmp_path: Path) -> Example:
    made = Example(tmp_path / "source", tmp_path / "raw")
    made.folder.mkdir()
    made.write("airlines.csv", AIRLINES, AIRLINE)
    made.write("airports.csv", AIRPORTS, NEWARK, LA_GUARDIA, HOUSTON)
    made.write("planes.csv", PLANES, PLANE)
    return made.weather(CALM).flights(ON_TIME, CANCELLED, DIVERTED, IN_FEBRUARY)
