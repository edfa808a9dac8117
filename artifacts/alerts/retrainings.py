"""Which drift started a retraining: one claim, and then none until the cool-down has passed."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from artifacts.alerts.tables import RETRAININGS, writing


def claim_retraining(url: str, model: str, at: datetime, findings: str, cooldown: timedelta) -> datetime | None:
    """None when `findings`, of a window that ends `at`, may start a retraining; else the claim that is too near.

    The same findings may ask again, as a task does that was killed after its claim. Time is that of windows: a window
    of before the newest claim is too late.
    """
    with writing(url) as connection:
        query = sa.select(RETRAININGS).where(RETRAININGS.c.model == model).order_by(RETRAININGS.c.at.desc())
        newest = connection.execute(query).mappings().first()
        if newest is not None and newest["findings"] != findings and at - newest["at"] < cooldown:
            claimed: datetime = newest["at"]
            return claimed
        if newest is None or newest["findings"] != findings:
            connection.execute(sa.insert(RETRAININGS).values(model=model, at=at, findings=findings))
    return None
