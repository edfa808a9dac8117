"""What the aircraft did before, and what it is."""

import numpy as np
import pandas as pd

from ops.bench.notebook.windows import Tables, last_known


def aircraft_last_departure_2d(tables: Tables) -> pd.DataFrame:
    """What this aircraft did last."""
    departures = tables["departures"].dropna(subset="tailnum").sort_values("flight_id")
    departures = departures.drop_duplicates(["tailnum", "known_at"])[["tailnum", "known_at", "departure_delay_minutes"]]
    latest = last_known(tables["spine"], departures, by="tailnum", within="2d")
    ago = (latest["observed_at"] - latest["known_at"]).dt.total_seconds() / 60
    return pd.DataFrame(
        {
            "flight_id": latest["flight_id"],
            "aircraft_minutes_since_departure_2d": ago,
            "aircraft_departure_delay_last_2d": latest["departure_delay_minutes"],
        }
    )


def aircraft_turnaround(tables: Tables) -> pd.DataFrame:
    """The leg that this aircraft flies before, and what was known of it."""
    rows, at = tables["spine"], "scheduled_departure_at"
    legs = tables["scheduled"].dropna(subset="tailnum").sort_values(["tailnum", at, "flight_id"])
    before = legs.groupby("tailnum")[["flight_id", at, "scheduled_arrival_at"]].shift()
    before.columns = pd.Index(["previous_id", "previous_departure_at", "previous_arrival_at"])
    legs = legs[["flight_id"]].join(before).merge(rows[["flight_id", "observed_at", at]], on="flight_id")
    legs = legs[legs["previous_departure_at"] >= legs[at] - pd.Timedelta(hours=36)]
    for fact, delay in (("departures", "departure_delay_minutes"), ("arrivals", "arrival_delay_minutes")):
        facts = tables[fact][["flight_id", "known_at", delay]].rename(columns={"flight_id": "previous_id"})
        legs = legs.merge(facts, on="previous_id", how="left")
        legs[delay] = legs[delay].where(legs["known_at"] < legs["observed_at"])
        legs = legs.drop(columns="known_at")
    departed, arrived = legs["departure_delay_minutes"], legs["arrival_delay_minutes"]
    overdue = legs["previous_departure_at"] < legs["observed_at"]
    states = [arrived.notna(), departed.notna(), overdue]
    legs["state"] = np.select(states, ["landed", "departed", "overdue"], "scheduled")
    minutes_left = (legs[at] - legs["previous_arrival_at"]).dt.total_seconds() / 60
    minutes_left -= arrived.fillna(departed).fillna(0)
    length = (legs["previous_arrival_at"] - legs["previous_departure_at"]).dt.total_seconds() / 60
    legs["aircraft_slack_minutes"] = minutes_left - length
    named = {
        "state": "aircraft_previous_leg_state",
        "departure_delay_minutes": "aircraft_previous_departure_delay",
        "arrival_delay_minutes": "aircraft_previous_arrival_delay",
    }
    known = legs.rename(columns=named)[["flight_id", *named.values(), "aircraft_slack_minutes"]]
    found = rows[["flight_id"]].merge(known, on="flight_id", how="left")
    return found.fillna({"aircraft_previous_leg_state": "none"})


def aircraft_attributes(tables: Tables) -> pd.DataFrame:
    """What is known of the aircraft itself."""
    rows, key = tables["spine"], ["tailnum", "period_month"]
    found = rows.merge(tables["planes"].dropna(subset="tailnum"), on=key, how="left")
    known = found["known_at"] < found["observed_at"]
    age = found["scheduled_departure_at"].dt.year - found["manufacture_year"]
    return pd.DataFrame(
        {
            "flight_id": found["flight_id"],
            "aircraft_age_years": age.where(known),
            "aircraft_seats": found["seats"].where(known),
            "aircraft_manufacturer": found["manufacturer"].where(known),
        }
    )
