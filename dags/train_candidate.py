"""# train_candidate

When a training-set version has been published, **choose** the configs that train on it, **train** a candidate with
each, **judge** it against the champion on the same holdout rows, and **promote** it or keep the champion, so that what
serves is never worse than what served. The verdict is on the candidate's MLflow run, as JSON and as a page. With
`promotion: approve` in the config, under another rule than the champion's, or when a person rejected the same model
before, a candidate waits for a person: the DAG `approve_promotion` asks.

Trigger it by hand with a `training_set` (NAME/VERSION) and, if only one is wanted, a `config`.

**When it fails** what serves is as it was. `keep` is not a failure: the candidate was no better, and the verdict says
by how much. A red `judge` means that the gate could not judge, or that the candidate is too good to be true: read the
verdict page, look for a leak, and train again. Nothing here is promoted by clearing a task: the verdict decides.
"""

from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.sdk import Asset, AssetAlias, Param, task, task_group

from plugins.forms import TRAINING_SET as SET
from plugins.wiring import announced, dag, fails_once

CONFIGS = sorted(p.stem for p in (Path(__file__).parent.parent / "training" / "configs").glob("*.yaml"))
FOR_EMPTY_SET = "Like late_arrival/2013-10-01.3f9a5b1c2d3e. Empty: as events say."
TRAINING_SET, WAITING, ASKS = Asset("training_set"), Asset("waiting_candidate"), AssetAlias("asks_a_person")


@dag(
    schedule=[TRAINING_SET],
    start_date=pendulum.datetime(2013, 1, 1),
    is_paused_upon_creation=False,
    doc_md=__doc__,
    params={
        "training_set": Param(None, type=["null", "string"], format=SET, description=FOR_EMPTY_SET),
        "config": Param(None, type=["null", "string"], enum=[None, *CONFIGS], description="Empty: every config of it."),
    },
)
def train_candidate():
    @task
    @fails_once
    def choose(params=None, triggering_asset_events=None):
        from training.due import due

        return due(params["training_set"], params["config"], announced(triggering_asset_events, TRAINING_SET))

    @task(retries=2, retry_delay=timedelta(minutes=5), max_active_tis_per_dag=1)
    @fails_once
    def train(training_set, config):
        from training.train import train_named

        return train_named(config, training_set).run_id

    @task(retries=2, retry_delay=timedelta(minutes=5))
    @fails_once
    def judge(candidate):
        from training.judge import judge_named

        return judge_named(candidate).to_dict()

    @task(outlets=[ASKS], retries=2, retry_delay=timedelta(minutes=5))
    @fails_once
    def promote(verdict, outlet_events=None):
        from training.promote_or_keep import promote_named

        came = promote_named(verdict)
        if came["waits"]:
            outlet_events[ASKS].add(WAITING, extra={"candidate": came["candidate"]})
        return came

    @task_group(prefix_group_id=False)
    def each(training_set, config):
        promote(judge(train(training_set, config)))

    each.expand_kwargs(choose())


train_candidate()
