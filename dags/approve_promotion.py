"""# approve_promotion

When a candidate waits for a person (`promotion: approve` in its config or the champion's, a rule that is not the
champion's, or a no to the same model before), **choose** the verdict, **ask** with its evidence, **approve** or reject
under Required Actions, then **promote** by exactly that verdict, or **keep** the champion, so that the ledger has who,
what and why. Trigger it with a `candidate` (MLflow run id) to ask again. `python -m training` does it without Airflow.

**When it fails** what serves is as it was. A red `approve`: nobody answered within a week, or with too short a reason;
clear it to ask again. A red `ask` says that the verdict is decided on, or says no by now. A red `promote` with
`ledger.conflict`: another version became champion meanwhile. Judge again: trigger this with the same `candidate`.
"""

from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Asset, Param, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from plugins.forms import MLFLOW_RUN
from plugins.on_call.address import address
from plugins.wiring import dag, fails_once

WAITING, WEEK = Asset("waiting_candidate"), timedelta(days=7)
# The default, null, has to fit, not by `type`: else the form wants text. What a maxLength refuses turns the task red.
TEXT = {"anyOf": [{"type": "null"}, {"type": "string"}], "minLength": 3}
REASON = {"reason": Param(None, description="Why, for the ledger: 3 to 2000 characters; more are cut.", **TEXT)}


@dag(
    schedule=[WAITING],
    start_date=pendulum.datetime(2013, 1, 1),
    is_paused_upon_creation=False,
    doc_md=__doc__,
    too_long=WEEK + timedelta(hours=2),
    params={"candidate": Param(None, type=["null", "string"], format=MLFLOW_RUN, description="Empty: as events say.")},
)
def approve_promotion():
    @task
    @fails_once
    def choose(params=None, triggering_asset_events=None):
        from training.approval import due

        return due(params["candidate"], [one.extra for one in (triggering_asset_events or {}).get(WAITING, [])])

    @task(multiple_outputs=True, retries=2, retry_delay=timedelta(minutes=5))
    @fails_once
    def ask(candidate):
        from training.approval import ask_named

        return ask_named(candidate, address(""))

    @task(retries=2, retry_delay=timedelta(minutes=5))
    @fails_once
    def promote(asked, answer):
        from training.approval import approve_named

        if answer["chosen_options"] == [ApprovalOperator.REJECT]:
            raise AirflowSkipException("It was rejected.")
        return approve_named(asked, answer)

    @task(trigger_rule="none_failed")
    @fails_once
    def keep(asked, ti=None):
        from training.approval import keep_named

        return keep_named(asked, ti.xcom_pull(task_ids="approve", map_indexes=ti.map_index))

    @task_group(prefix_group_id=False)
    def each(candidate):
        asked = ask(candidate)
        answer = ApprovalOperator(
            task_id="approve", subject=asked["subject"], body=asked["body"], params=REASON, response_timeout=WEEK
        )
        promote(asked, answer.output) >> keep(asked)

    each.expand_kwargs(choose())


approve_promotion()
