"""# watch_drift

When a day has passed, or new predictions were compacted, **choose** each champion, and each version that answered in
the window whose labels are due, **check** that window and the one that ends before today, take what was found into the
alerts and write its page, **notify** whoever is set in `MONITORING_…`, and **retrain** where it drifted, so that a
change is told once and answered by a candidate. The asset `drift` tells the DAG `build_training_set`; none is sent
within the cool-down of the last one, nor while nothing landed since the newest training set. Running it again changes
nothing and tells nobody twice. Trigger it by hand for another `day`, or for early `labels`: the day after their last.

**When it fails** the model serves on. A red `conclude`: "cannot judge", which was told, drift of old windows, that was
not, or a check that never ran (`docs/runbook.md`). A red `notify`: no receiver is set, or one takes nothing; clear it,
and what is downstream.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, Param, task
from airflow.sdk.exceptions import AirflowSkipException

from plugins.alert_channels import airflow_channels
from plugins.wiring import dag, fails_once

PREDICTIONS, DRIFT = Asset("predictions"), Asset("drift")
DATES = {"day": "Like 2013-12-08. Empty: today.", "labels": "Empty: as many days before as is set."}


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("@daily", timezone="UTC"), assets=[PREDICTIONS]),
    start_date=pendulum.datetime(2013, 1, 1),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    doc_md=__doc__,
    params={one: Param(None, type=["null", "string"], format="date", description=told) for one, told in DATES.items()},
)
def watch_drift():
    @task
    @fails_once
    def choose(params=None, dag_run=None):
        from monitoring.watch import choose_checks

        days = params["day"] or f"{dag_run.run_after:%Y-%m-%d}", params["labels"]
        return choose_checks(*(text and pendulum.parse(text).date() for text in days))

    @task(retries=2, retry_delay=timedelta(minutes=5), max_active_tis_per_dag=1)
    @fails_once
    def check(model, window, labelled, version):
        from monitoring.watch import check_version

        return check_version(model, window, labelled, version)

    @task(retries=2, retry_delay=timedelta(minutes=5), trigger_rule="all_done")
    @fails_once
    def notify():
        from monitoring.watch import deliver_all

        return deliver_all(airflow_channels)

    @task(outlets=[DRIFT], retries=2, retry_delay=timedelta(minutes=5), trigger_rule="all_done")
    @fails_once
    def retrain(checked, run_id=None, outlet_events=None):
        from monitoring.watch import due_for_retraining

        if not (due := due_for_retraining(list(checked), run_id)):
            raise AirflowSkipException("Nothing drifted, nothing landed since, or the last retraining is too near.")
        outlet_events[DRIFT].extra = {"findings": due}

    @task
    @fails_once
    def conclude(checked, chosen):
        from monitoring.conclude import conclude_checks

        return conclude_checks(list(checked), chosen)

    checked = check.expand_kwargs(chosen := choose())
    checked >> notify() >> [retrain(checked), conclude(checked, chosen)]


watch_drift()
