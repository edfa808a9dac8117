"""Recent delays at the origin, of the carrier and on the route, and who should have left and has not."""

import pandas as pd

from ops.bench.notebook.windows import Tables, last_known, late_or_not, trailing


def origin_delays(tables: Tables) -> pd.DataFrame:
    """Recent departures and arrivals at the origin."""
    rows = tables["spine"]
    departed = trailing(
        rows,
        late_or_not(tables["departures"], "departure_delay_minutes"),
        ["origin"],
        {
            "origin_departures_1h": ("delay", "1h", "count"),
            "origin_departures_3h": ("delay", "3h", "count"),
            "origin_late_share_1h": ("is_late", "1h", "mean"),
            "origin_late_share_3h": ("is_late", "3h", "mean"),
            "origin_delay_mean_1h": ("delay", "1h", "mean"),
            "origin_delay_mean_3h": ("delay", "3h", "mean"),
        },
    )
    arrivals = late_or_not(tables["arrivals"], "arrival_delay_minutes")
    arrived = trailing(rows, arrivals, ["origin"], {"origin_arrival_delay_mean_3h": ("delay", "3h", "mean")})
    return departed.merge(arrived, on="flight_id", how="left")


def carrier_delays(tables: Tables) -> pd.DataFrame:
    """Recent departures and arrivals of the carrier, everywhere and from this origin."""
    rows, here = tables["spine"], ["carrier", "origin"]
    departures = late_or_not(tables["departures"], "departure_delay_minutes")
    arrivals = late_or_not(tables["arrivals"], "arrival_delay_minutes")
    everywhere = {
        "carrier_late_share_3h": ("is_late", "3h", "mean"),
        "carrier_delay_mean_3h": ("delay", "3h", "mean"),
    }
    departed_here = {
        "carrier_origin_late_share_3h": ("is_late", "3h", "mean"),
        "carrier_origin_delay_mean_1h": ("delay", "1h", "mean"),
    }
    arrived = {f"carrier_origin_arrival_delay_mean_{w}": ("delay", w, "mean") for w in ("3h", "1d", "28d")}
    found = trailing(rows, departures, ["carrier"], everywhere)
    found = found.merge(trailing(rows, departures, here, departed_here), on="flight_id", how="left")
    return found.merge(trailing(rows, arrivals, here, arrived), on="flight_id", how="left")


def route_delays(tables: Tables) -> pd.DataFrame:
    """Recent arrivals at the destination, of this carrier there, and on this route."""
    rows = tables["spine"]
    arrivals = late_or_not(tables["arrivals"], "arrival_delay_minutes")
    dest = {f"dest_arrival_delay_mean_{window}": ("delay", window, "mean") for window in ("3h", "1d")}
    carrier = {"carrier_dest_arrival_delay_mean_1d": ("delay", "1d", "mean")}
    route = {
        "route_arrival_delay_mean_1d": ("delay", "1d", "mean"),
        "route_late_share_28d": ("is_late", "28d", "mean"),
    }
    found = trailing(rows, arrivals, ["dest"], dest)
    found = found.merge(trailing(rows, arrivals, ["dest", "carrier"], carrier), on="flight_id", how="left")
    return found.merge(trailing(rows, arrivals, ["dest", "origin"], route), on="flight_id", how="left")


def departures_overdue_3h(tables: Tables) -> pd.DataFrame:
    """How many flights should have left and have not, at the origin, of the carrier, and in all."""
    rows = tables["spine"].assign(network="all")
    left = tables["departures"][["flight_id", "known_at"]]
    waits = tables["scheduled"].assign(network="all").merge(left, on="flight_id", how="left", suffixes=("_plan", ""))
    waits["begins_at"] = waits["scheduled_departure_at"]
    latest = waits["begins_at"] + pd.Timedelta(hours=3)
    waits["ends_at"] = waits["known_at"].where(waits["known_at"] < latest, latest)
    waits = waits[waits["ends_at"] > waits["begins_at"]]
    found = rows[["flight_id"]]
    for entity in ("origin", "carrier", "network"):
        begun = waits[[entity]].assign(known_at=waits["begins_at"], change=1)
        ended = waits[[entity]].assign(known_at=waits["ends_at"], change=-1)
        changes = pd.concat([begun, ended]).groupby([entity, "known_at"])["change"].sum().reset_index()
        name = f"{entity}_overdue_3h"
        changes[name] = changes.groupby(entity)["change"].cumsum()
        counts = last_known(rows, changes, by=entity, within="1d")[["flight_id", name]].fillna({name: 0})
        found = found.merge(counts, on="flight_id", how="left")
    return found
