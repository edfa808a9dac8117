"""What no row of a correction can say: the row rules of landing that hold of a fact alone."""

import duckdb
import pyarrow as pa

# The bounds of delays are those of flights.sql.
_RULES = {
    ("flights", "departure"): """
        select
            line,
            case
                when departed_at > known_at then format('departed_at is {}, known at {}', departed_at, known_at)
                when departure_delay_minutes not between -240 and 2880
                    then format('departure_delay_minutes is {}, wanted -240 to 2880', departure_delay_minutes)
            end as impossible
        from restated
    """,
    ("flights", "arrival"): """
        select
            line,
            case
                when arrived_at > known_at then format('arrived_at is {}, known at {}', arrived_at, known_at)
                when arrival_delay_minutes not between -240 and 2880
                    then format('arrival_delay_minutes is {}, wanted -240 to 2880', arrival_delay_minutes)
            end as impossible
        from restated
    """,
    ("weather", "observation"): """
        select
            line,
            format('observed_hour_at is {}, known at {}', observed_hour_at, known_at) as impossible
        from restated
        where observed_hour_at > known_at
    """,
}


def why_impossible(table: str, fact: str, rows: pa.Table) -> pa.Table:
    """The `line` of each of a fact's `rows` that no flight or weather can have, and what is `impossible` about it."""
    rules = _RULES.get((table, fact))
    if rules is None:
        return pa.table({"line": pa.array([], pa.int64()), "impossible": pa.array([], pa.string())})
    with duckdb.connect() as con:
        con.register("restated", rows)
        return con.sql(rules).filter("impossible is not null").to_arrow_table()
