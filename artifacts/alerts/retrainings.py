"""Which drift started a retraining: one claim, and then none until the cool-down has passed."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from artifacts.alerts.tables import RETRAININGS, reading, writing


def claim_retraining(url: str, model: str, at: datetime, claimant: str, cooldown: timedelta) -> datetime | None:
    """None when what was found in a window that ends `at` may start a retraining; else the claim that is too near.

    The newest `claimant` may ask again, as a task does that was killed after its claim. Time is that of windows: a
    window of before the newest claim is too late.
    """
    with writing(url) as connection:
        newest = connection.execute(_newest(model)).mappings().first()
        if newest is not None and newest["claimant"] == claimant:
            return None
        if newest is not None and at - newest["at"] < cooldown:
            claimed: datetime = newest["at"]
            return claimed
        connection.execute(sa.insert(RETRAININGS).values(model=model, at=at, claimant=claimant))
    return None


def has_claimed(url: str, model: str, claimant: str) -> bool:
    """Whether the newest claim is that of `claimant`."""
    with reading(url) as connection:
        found = None if connection is None else connection.execute(_newest(model)).mappings().first()
    return found is not None and found["claimant"] == claimant


def _newest(model: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(RETRAININGS).where(RETRAININGS.c.model == model).order_by(RETRAININGS.c.at.desc())
