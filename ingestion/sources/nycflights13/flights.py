"""Flights: a row of the source becomes up to three kinds of fact, each with the moment it became known."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.quarantine import set_aside
from ingestion.source import TableOfMonth
from ingestion.sources.nycflights13.clocks import NEW_YORK, hours_in_utc, hours_of_clocks
from ingestion.sources.nycflights13.files import Files, refuse_impossible
from ingestion.sources.nycflights13.weather import in_utc
from ingestion.strict_csv import Column

FILE = "flights.csv.zip"
_NUMBER, _TEXT = Column(pa.int32()), Column(pa.string())
_NUMBER_OR_NONE, _TEXT_OR_NONE = Column(pa.int32(), nullable=True), Column(pa.string(), nullable=True)
COLUMNS = {
    "year": _NUMBER,
    "month": _NUMBER,
    "day": _NUMBER,
    "dep_time": _NUMBER_OR_NONE,
    "sched_dep_time": _NUMBER,
    "dep_delay": _NUMBER_OR_NONE,
    "arr_time": _NUMBER_OR_NONE,
    "sched_arr_time": _NUMBER,
    "arr_delay": _NUMBER_OR_NONE,
    "carrier": _TEXT,
    "flight": _NUMBER,
    "tailnum": _TEXT_OR_NONE,
    "origin": _TEXT,
    "dest": _TEXT,
    "air_time": _NUMBER_OR_NONE,
    "distance": _NUMBER,
    "hour": _NUMBER,
    "minute": _NUMBER,
    "time_hour": Column(pa.timestamp("s", "UTC")),
}
_FACTS = ("schedule", "departure", "arrival", "cancellation")
_SQL = Path(__file__).parent


def read_flights(files: Files, airports: pa.Table, airlines: pa.Table) -> TableOfMonth:
    """The facts of the flights whose scheduled departure is in the month, by New York's calendar.

    Grain: one `schedule` row a flight; `departure` and `arrival` where it happened, `cancellation` where it did not.
    A scheduled arrival is a clock time at the destination: the first moment after departure at which that clock shows
    it. An actual time is the scheduled one plus the delay. A row whose own clocks are impossible is refused with its
    line; one that contradicts itself, leaves from elsewhere, or names an unknown airport or carrier, is set aside.
    """
    rows = files.rows_of_month(FILE, COLUMNS)
    with duckdb.connect() as con:
        con.register("source_rows", in_utc(rows.table))
        con.register("new_york", hours_in_utc(NEW_YORK, files.first))
        refuse_impossible(files.folder / FILE, con.sql(_sql("impossible")).to_arrow_table())
        con.register("clocks", hours_of_clocks(pc.unique(airports["time_zone"]).to_pylist(), files.first))
        con.register("airports", airports)
        con.register("airlines", airlines)
        con.execute(_sql("flights"))
        facts = {fact: con.sql(_sql(fact)).to_arrow_table() for fact in _FACTS}
        judged = con.sql("select source_rows.*, reason from source_rows join flights using (line)").to_arrow_table()
    return TableOfMonth(facts, set_aside(FILE, judged), rows.table.num_rows)


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text()
