"""What a replay announced to Airflow, and answered itself."""

from datetime import datetime

from plugins.announced import ANSWERED

# A replay builds and trains what these announce; it asks no person about a candidate.
IN_REPLAY = ("landed_rows", "drift", "training_set")


def forget_announcements(since: datetime) -> None:
    """Let no asset event start anything: the DAG runs of the replay that began at `since` did what these announce.

    Airflow hands events, queued or not, to the DAG run that a later one starts: the replay's stay, and are marked.
    """
    from airflow.models.asset import AssetDagRunQueue, AssetEvent, AssetModel
    from airflow.utils.session import create_session

    with create_session() as session:
        session.query(AssetDagRunQueue).delete()
        events = session.query(AssetEvent).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        for event in events.filter(AssetEvent.timestamp >= since, AssetModel.name.in_(IN_REPLAY)):
            event.extra = {**(event.extra or {}), ANSWERED: True}
