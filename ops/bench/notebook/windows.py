"""What was known of late, and the last that was known, by rolling and by merge_asof."""

from collections.abc import Mapping

import pandas as pd

Tables = Mapping[str, pd.DataFrame]


def late_or_not(facts: pd.DataFrame, delay: str) -> pd.DataFrame:
    """Facts with the delay capped at three hours, and whether it was 15 minutes or more."""
    return facts.assign(delay=facts[delay].clip(upper=180), is_late=(facts[delay] >= 15).astype(float))  # noqa: PLR2004


def trailing(
    rows: pd.DataFrame, facts: pd.DataFrame, by: list[str], wanted: Mapping[str, tuple[str, str, str]]
) -> pd.DataFrame:
    """For each name in `wanted`, (column, window, statistic): of facts known in [observed_at - window, observed_at).

    Rows and facts go into one timeline a group, rows before facts of the same moment, which is then rolled over.
    """
    columns = sorted({column for column, _, _ in wanted.values()})
    asked = rows[["flight_id", *by]].assign(at=rows["observed_at"], is_fact=False)
    told = facts[[*by, *columns]].assign(at=facts["known_at"], is_fact=True)
    timeline = pd.concat([asked, told]).dropna(subset=by).sort_values([*by, "at", "is_fact"], ignore_index=True)
    groups = timeline.groupby(by)
    for name, (column, window, statistic) in wanted.items():
        rolled = groups.rolling(window, on="at", closed="left")[column]
        timeline[name] = getattr(rolled, statistic)().to_numpy()
    answered = timeline.loc[~timeline["is_fact"], ["flight_id", *wanted]]
    return answered.fillna({name: 0 for name, (_, _, statistic) in wanted.items() if statistic == "count"})


def last_known(rows: pd.DataFrame, facts: pd.DataFrame, by: str, within: str) -> pd.DataFrame:
    """The last fact with known_at before observed_at, and not longer ago than `within`."""
    return pd.merge_asof(
        rows[["flight_id", "observed_at", by]].sort_values("observed_at"),
        facts.sort_values("known_at"),
        left_on="observed_at",
        right_on="known_at",
        by=by,
        tolerance=pd.Timedelta(within),
        allow_exact_matches=False,
    )
