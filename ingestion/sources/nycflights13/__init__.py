"""Flights that left New York's three airports in 2013, with weather, planes, airlines and airports (PyPI, CC0)."""

from datetime import datetime
from pathlib import Path

from pydantic import Field

from ingestion.source import MonthOfSource, SourceSettings
from ingestion.sources.nycflights13 import flights, reference, weather
from ingestion.sources.nycflights13.files import Files, find_folder
from ingestion.sources.nycflights13.flights import read_flights
from ingestion.sources.nycflights13.reference import read_airlines, read_airports, read_planes
from ingestion.sources.nycflights13.restated import KEYS, why_impossible
from ingestion.sources.nycflights13.weather import read_weather

__all__ = ["KEYS", "Settings", "read_from", "read_month", "why_impossible"]


class Settings(SourceSettings):
    """`folder` holds the source's five files; by default they are those of the installed package nycflights13.

    The flights and the weather of a month may end so many days before it does; a delivery that broke off ends earlier.
    """

    folder: Path | None = None
    max_days_short: int = Field(default=1, ge=0, le=31)


def read_month(month: str, settings: Settings, now: datetime) -> MonthOfSource:
    """The month's flights by local date of scheduled departure, its weather, and the three reference tables.

    Grain: a flight, an airport's hour, an aircraft, an airline, an airport. Raises `BadInput` (`source.*`).
    """
    files = Files(settings.folder, month, now, settings.max_days_short)
    airports = read_airports(files)
    airlines = read_airlines(files)
    return MonthOfSource(
        tables={
            "airports": airports,
            "airlines": airlines,
            "planes": read_planes(files),
            "weather": read_weather(files),
            "flights": read_flights(files, airports.facts["airport"], airlines.facts["airline"]),
        },
        provenance=files.provenance(),
        folder=files.folder,
    )


def read_from(settings: Settings) -> list[Path]:
    """The five files, of every month."""
    folder = find_folder(settings.folder)
    references = (one.file for one in (reference.AIRPORTS, reference.AIRLINES, reference.PLANES))
    return [folder / name for name in (*references, weather.FILE, flights.FILE)]
