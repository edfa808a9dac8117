"""The page of a model on a small real home, whole and with each of its sources down."""

import html
import json
import re
import shutil
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from artifacts import alerts, ledger
from artifacts.findings import Findings, list_findings, publish_findings
from artifacts.prediction_log import LogSettings, LogWriter, parts
from artifacts.training_set import open_training_set, parse_id, publish_training_set, write_sorted
from monitoring.accept import accept
from plugins.on_call.chart import short
from plugins.on_call.markup import el, outside, table
from plugins.on_call.patience import Patience
from plugins.on_call.section import Part, all_of
from plugins.on_call.settings import OnCallSettings
from serving.app import create_app as create_service
from serving.settings import ServingSettings
from tests.fixtures_training_set import AS_OF, make_contract, make_rows
from tests.monitoring.found import UNREAD
from tests.reading_prediction_log import read_part
from tests.serving.world import served, wait_for

# Other tests may have the machine meanwhile: a part is not to be called slow for it.
NOBODY = OnCallSettings(serving_url="http://127.0.0.1:9", patience_seconds=60)


def part(page, anchor):
    """The text of a part of a page."""
    [found] = re.findall(rf'<section id="{anchor}".*?</section>', page, re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", found.replace("<wbr>", "")))


def test_a_home_with_one_model_opens_its_page(opened, home):
    page = opened(home[0], NOBODY).get("/on-call/models").text
    assert "<h1>toy</h1>" in page
    assert part(page, "champion").startswith(" Champion version version 1")


def test_the_page_tells_champion_candidates_drift_alerts_predictions_and_freshness(opened, home):
    places, about = home
    page = opened(places, NOBODY).get("/on-call/models/toy").text
    line = ledger.champion(places.ledger, "toy")
    champion = part(page, "champion")
    assert all(
        told in champion for told in (line.reason.replace("'", "&#x27;"), about.training_set, "ROC AUC", "tester")
    )
    assert re.search(r"log loss 0\.\d+ \[0\.\d+, 0\.\d+\]", champion)
    assert "✓ promote" in part(page, "candidates")
    assert part(page, "metrics").count("version 1: 0.") >= 3
    assert "Drift of 8 features on 14 days" in part(page, "drift")
    assert re.search(r"In words: \d+ days that were not OK, of 14", part(page, "drift"))
    assert "Predictions a day, 2026-03-01 to 2026-03-14" in part(page, "predictions")
    assert "log loss by window" in part(page, "live")
    assert re.search(r"findings window to 2026-03-14 ", part(page, "fresh"))
    assert about.training_set in part(page, "fresh")
    assert "▲ DRIFT delay_mean v1 PSI" in part(page, "alerts")
    assert re.search(r"▲ \d+ open: \d+ DRIFT", part(page, "glance"))


def test_who_took_drift_as_meant_and_why_stands_beside_it(opened, home, tmp_path):
    shutil.copy(home[0].alerts.removeprefix("sqlite:///"), tmp_path / "alerts.db")
    mine = home[0].model_copy(update={"alerts": f"sqlite:///{tmp_path}/alerts.db"})
    [first, *_] = [one.key for one in alerts.history(mine.alerts, "toy") if one.is_open and one.kind == "DRIFT"]
    accept(mine, "toy", [first], "Ada", "<b>A second runway.</b>")
    page = opened(mine, NOBODY).get("/on-call/models/toy").text
    assert "open, accepted by Ada: &lt;b&gt;A second runway.&lt;/b&gt;" in part(page, "alerts")


def test_the_service_says_what_it_serves_and_its_key_is_on_no_page(opened, home, tmp_path):
    places, _ = home
    key = tmp_path / "key"
    key.write_text("a-key-of-24-characters-0")
    service = create_service(ServingSettings(api_key_file=key), places, "toy")
    with served(service) as client:
        right = OnCallSettings(
            serving_url=str(client.base_url), serving_key_file=key, timeout_seconds=10, patience_seconds=60
        )
        page = opened(places, right).get("/on-call/models/toy").text
        database = Path(places.ledger.removeprefix("sqlite:///"))
        database.rename(database.with_suffix(".away"))
        # It looks again every second; a page asked before it has looked shows what was true until then.
        wait_for(lambda: client.get("/health/ready").json()["status"] == "degraded")
        lost = part(opened(places, right).get("/on-call/models/toy").text, "serving")
        database.with_suffix(".away").rename(database)
        wrong = right.model_copy(update={"serving_key_file": None})
        refused = opened(places, wrong).get("/on-call/models/toy").text
    assert "answers with version 1" in part(page, "serving")
    assert "✓ It reports no trouble" in part(page, "serving")
    assert "judge.ledger_lost" in lost and "✓ It reports" not in lost
    assert "version 1 ✓ the champion" in part(page, "glance")
    assert "answers with 401: it wants another key" in part(refused, "serving")
    assert "a-key-of-24" not in page + refused


def test_without_the_service_the_page_says_so_and_what_to_run(opened, home):
    page = opened(home[0], NOBODY).get("/on-call/models/toy").text
    assert "Not available. The service at http://127.0.0.1:9 does not answer within 0.5 s" in part(page, "serving")
    assert "on_call.service_down" in part(page, "serving")
    assert "The service at http://127.0.0.1:9 does not answer" in part(page, "glance").partition("Next.")[2]
    assert '<code class="command">python -m ops.up serving</code>' in page
    elsewhere = NOBODY.model_copy(update={"serving_url": "http://serving.invalid:9"})
    assert "docker compose restart serving" in part(
        opened(home[0], elsewhere).get("/on-call/models/toy").text, "glance"
    )
    assert "Not available" not in part(page, "champion") + part(page, "candidates") + part(page, "drift")


STILL = {
    "mlflow": ({"mlflow": "http://127.0.0.1:9"}, {"candidates", "metrics"}, {"drift", "alerts", "predictions"}),
    "the ledger": ({"ledger": "DAMAGED"}, {"champion"}, {"candidates", "metrics", "drift"}),
    "the alerts": ({"alerts": "DAMAGED"}, {"alerts"}, {"champion", "candidates", "drift", "predictions"}),
    "findings": ({"findings": "DAMAGED"}, {"drift", "live"}, {"champion", "alerts", "predictions", "candidates"}),
    "predictions": ({"prediction_parts": "DAMAGED"}, {"predictions"}, {"champion", "drift", "alerts"}),
}


@pytest.mark.parametrize("source", STILL)
def test_a_source_that_is_down_takes_its_own_part_only_and_says_why(opened, home, tmp_path, source):
    changed, down, up = STILL[source]
    page = opened(broken(home[0], changed, tmp_path), NOBODY).get("/on-call/models/toy")
    assert page.status_code == 200
    for anchor in down:
        assert "Not available." in part(page.text, anchor), anchor
    for anchor in up:
        assert "Not available." not in part(page.text, anchor), anchor
    assert "Broken." not in page.text


def test_damaged_findings_hide_their_own_window_only_and_every_part_that_lacks_it_says_so(opened, home, tmp_path):
    places = home[0].model_copy(update={"findings": str(tmp_path / "findings")})
    shutil.copytree(home[0].findings, places.findings)
    whole = opened(places, NOBODY).get("/on-call/models/toy").text
    manifest = min((tmp_path / "findings" / "toy").glob("*/manifest.json"))
    manifest.unlink()
    page = opened(places, NOBODY).get("/on-call/models/toy").text
    for anchor in ("drift", "live"):
        assert f"{manifest.parent.name} is damaged: its manifest.json is gone" in part(page, anchor)
        assert "python -m monitoring check --model toy --window " in part(page, anchor)
    assert page.count("<svg") == whole.count("<svg")
    assert "? 1 window cannot be read" in part(page, "glance") and "cannot be read" not in whole


def broken(places, changed, folder):
    """The places with one elsewhere, or a copy of it with a byte changed in each manifest or in the database."""
    [(name, where)] = changed.items()
    if where != "DAMAGED":
        return places.model_copy(update=changed)
    source = Path(getattr(places, name).removeprefix("sqlite:///"))
    if source.is_file():
        (folder / "damaged.db").write_bytes(b"no database" + source.read_bytes())
        return places.model_copy(update={name: f"sqlite:///{folder}/damaged.db"})
    shutil.copytree(source, folder / "copy")
    for manifest in (folder / "copy").rglob("manifest.json"):
        manifest.write_text(manifest.read_text().replace("version", "versian", 1))
    return places.model_copy(update={name: str(folder / "copy")})


def test_a_part_that_hangs_costs_the_page_its_patience_and_no_more():
    never = threading.Event()
    parts = (Part("Slow", "slow", lambda: str(never.wait(30))), Part("Quick", "quick", lambda: "here"))
    page = all_of(*parts, patience=Patience(0.2))
    never.set()
    assert "on_call.slow" in part(page, "slow")
    assert "here" in part(page, "quick")


def test_a_part_that_breaks_says_the_type_and_nothing_of_the_message():
    def breaks():
        raise KeyError("a secret")

    page = all_of(Part("It", "it", breaks), patience=Patience(60))
    assert "It cannot be shown: KeyError." in page
    assert "secret" not in page


def test_text_is_escaped_and_a_link_leads_to_the_web_only():
    assert el("b", "<i>", title='"') == '<b title="&quot;">&lt;i&gt;</b>'
    assert "<script>" not in table(("<script>",), [["<script>"]])
    assert outside("javascript:alert(1)", "x") == "x"


@pytest.fixture
def hostile(home, tmp_path):
    """A home in which whatever may hold any text holds a script."""
    places, about = home
    bad = "<script>alert(1)</script>"
    mine = places.model_copy(update={"ledger": f"sqlite:///{tmp_path}/ledger.db", "predictions": tmp_path / "log"})
    line = ledger.champion(places.ledger, "toy")
    told = {"expected": None, "decided_at": line.decided_at, "decided_by": bad, "reason": bad, "verdict": line.verdict}
    ledger.promote(mine.ledger, model="toy", version=1, run_id=line.run_id, **told)
    features = {**about.features, "place": bad, bad: bad}
    with LogWriter(mine.predictions, LogSettings()) as log:
        log.append([replace(about, prediction_id="a" * 32, entity={bad: bad}, features=features, flags=(bad,))])
    return mine


@pytest.mark.parametrize(
    "path", ["/models/toy", "/models", "/models/toy/versions/1", "/models/toy/predictions?id=" + "a" * 32]
)
def test_what_came_from_data_or_people_is_escaped_everywhere(opened, hostile, path):
    answer = opened(hostile, NOBODY).get(f"/on-call{path}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text


@pytest.mark.parametrize(
    "path",
    ["/models/<script>", "/models/..%2f..", "/models/toy/versions/0", "/models/toy/versions/1x", "/mlflow-runs/xyz",
     "/models/toy/findings/x", "/training-sets/toy/latest", "/models/toy/predictions?id='; drop table",
     "/models/toy/predictions?day=<script>", "/files/app.py", "/files/..%2fapp.py"],
)  # fmt: skip
def test_a_name_or_an_id_of_another_form_has_no_page_and_is_not_repeated(opened, home, path):
    answer = opened(home[0], NOBODY).get(f"/on-call{path}")
    assert answer.status_code == 404
    assert "<script>" not in answer.text.replace('<script src="/on-call/files/frame.js">', "")
    assert "drop table" not in answer.text


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/models/toy/predictions", "a prediction's id: 32 characters"),
        ("/models/toy/predictions?id=", "a prediction's id: 32 characters"),
        (f"/models/toy/predictions?id={'0' * 32}&day=yesterday", "a day: YYYY-MM-DD"),
        ("/models/toy/versions/0", "a model version: its number"),
        ("/mlflow-runs/xyz", "an MLflow run id: 32 characters"),
        ("/training-sets/toy/latest", "a training-set version: YYYY-MM-DD, a dot"),
        ("/models/toy/findings/newest", "the name of findings, as a check prints it behind MODEL/: START_END.vVERSION"),
        ("/dags/train_candidate/runs/a/tasks/judge/first", "the number of a mapped task, from 0 on, or -1"),
    ],
)
def test_what_is_written_otherwise_is_told_how(opened, home, path, wanted):
    answer = opened(home[0], NOBODY).get(f"/on-call{path}")
    assert (answer.status_code, "Wanted is " in answer.text) == (404, True)
    assert wanted in html.unescape(answer.text)


def test_the_page_of_a_version_has_its_run_verdict_and_every_comparison(opened, home):
    page = (
        opened(home[0], NOBODY.model_copy(update={"mlflow_url": "http://127.0.0.1:5000"}))
        .get("/on-call/models/toy/versions/1")
        .text
    )
    line = ledger.champion(home[0].ledger, "toy")
    assert f'href="http://127.0.0.1:5000/#/runs/{line.run_id}"' in page
    assert "is champion" in part(page, "ledger")
    assert "✓ promoted · the judge said promote against no champion" in part(page, "verdicts")
    assert "log loss (naive)" in part(page, "verdicts")
    assert "holdout ROC AUC" in part(page, "record")
    assert "It was promoted by this verdict, in line 1 of the ledger." in part(page, "verdicts")


def test_an_mlflow_run_leads_to_its_version(opened, home):
    line = ledger.champion(home[0].ledger, "toy")
    answer = opened(home[0], NOBODY).get(f"/on-call/mlflow-runs/{line.run_id}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/on-call/models/toy/versions/1")
    unknown = opened(home[0], NOBODY).get(f"/on-call/mlflow-runs/{'0' * 32}")
    assert (unknown.status_code, "registry.missing" in unknown.text) == (404, True)


def test_of_a_version_that_is_not_there_those_that_are_are_named(opened, home):
    for model, there_are in (("toy", "1"), ("other", "none")):
        said = opened(home[0], NOBODY).get(f"/on-call/models/{model}/versions/99").text
        assert f"Versions of {model} that are there: {there_are}." in said


def test_the_page_of_a_training_set_tells_its_manifest_and_columns(opened, home):
    places, about = home
    page = opened(places, NOBODY).get(f"/on-call/training-sets/{about.training_set}").text
    opened_set = open_training_set(places.training_sets, *parse_id(about.training_set))
    assert f"{opened_set.rows:,}" in part(page, "manifest")
    assert opened_set.facts["content"] in part(page, "manifest")
    assert "It is the first version" in part(page, "diff")
    assert "delay_mean" in part(page, "columns")


@pytest.mark.parametrize("file", ["..%2fmanifest.json", "..%2fdata.parquet", "index.html", "%2e%2e/data.parquet"])
def test_data_docs_are_what_the_manifest_lists_and_nothing_else(opened, home, file):
    places, about = home
    assert opened(places, NOBODY).get(f"/on-call/training-sets/{about.training_set}/docs/{file}").status_code == 404


def test_the_page_of_findings_tells_each_rule_that_is_not_ok(opened, home):
    newest = list_findings(home[0].findings, "toy")[-1]
    page = opened(home[0], NOBODY).get(f"/on-call/models/{newest.replace('/', '/findings/')}").text
    assert re.search(r"window 2026-03-08 to 2026-03-14 .UTC.", part(page, "found"))
    assert "are OK" in part(page, "found")


def test_findings_without_any_entry_are_not_called_well(opened, home, tmp_path):
    start, end = datetime(2026, 3, 8), datetime(2026, 3, 15)
    nothing = Findings("toy", 1, home[1].training_set, start, end, 0, end, ())
    publish_findings(str(tmp_path), nothing)
    places = home[0].model_copy(update={"findings": str(tmp_path)})
    page = part(opened(places, NOBODY).get(f"/on-call/models/toy/findings/{nothing.name}").text, "found")
    assert "? UNKNOWN" in page and "? Nothing was judged" in page and "findings.nothing_judged" in page
    assert "within its threshold" not in page


def test_rows_of_a_log_that_cannot_be_read_are_not_told_as_none(opened, home, tmp_path):
    start, end = datetime(2026, 3, 8), datetime(2026, 3, 15)
    unread = Findings("toy", 1, home[1].training_set, start, end, 0, end, (UNREAD,))
    publish_findings(str(tmp_path), unread)
    places = home[0].model_copy(update={"findings": str(tmp_path)})
    page = part(opened(places, NOBODY).get(f"/on-call/models/toy/findings/{unread.name}").text, "found")
    assert "rows ? could not be counted" in page
    assert " 0 " not in page


@pytest.mark.parametrize(
    "path",
    ["/models/toy/versions/99", f"/training-sets/toy/2013-04-01.{'0' * 12}",
     f"/training-sets/nope/2013-04-01.{'0' * 12}", f"/models/toy/findings/2026-03-01_2026-03-08.v1.{'0' * 12}"],
)  # fmt: skip
def test_what_was_never_made_has_no_page_and_is_said_once(opened, home, path):
    answer = opened(home[0], NOBODY).get(f"/on-call{path}")
    assert (answer.status_code, answer.text.count("Not there.")) == (404, 1)


def test_while_mlflow_cannot_be_asked_the_page_of_a_version_stands(opened, home):
    places = home[0].model_copy(update={"mlflow": "http://127.0.0.1:9"})
    answer = opened(places, NOBODY).get("/on-call/models/toy/versions/1")
    assert (answer.status_code, "is champion" in part(answer.text, "ledger")) == (200, True)


def test_alerts_of_one_rule_against_two_baselines_are_told_apart(opened, home):
    page = part(opened(home[0], NOBODY).get("/on-call/models/toy").text, "alerts")
    assert re.search(r"PSI against (training|served)", page)


def test_of_many_open_alerts_the_first_are_shown_and_what_is_folded_says_of_which_kinds_it_is(
    opened, home, monkeypatch
):
    client = opened(home[0], NOBODY)
    opened_now = [one for one in alerts.history(home[0].alerts, "toy") if one.is_open]
    whole = part(client.get("/on-call/models/toy").text, "alerts")
    monkeypatch.setattr("plugins.on_call.alerts.OPEN", 1)
    page = part(client.get("/on-call/models/toy").text, "alerts")
    drifted = sum(one.kind == "DRIFT" for one in opened_now) - 1
    assert len(opened_now) > 1 and "more that are open" not in whole
    assert f"{len(opened_now) - 1} more that are open: {drifted} DRIFT" in page
    assert page.count("▲ DRIFT") == whole.count("▲ DRIFT") > drifted


def some_id(places):
    return next(one.prediction_id for part in parts(places.prediction_parts) for one in read_part(part))


def test_where_an_id_is_looked_up_it_is_said_what_one_looks_like_and_whence_it_comes(opened, home):
    page = opened(home[0], NOBODY).get("/on-call/models/toy").text
    said = "The prediction_id as the service&#x27;s answer gave it: 32 characters, each 0-9 or a-f, in small letters."
    assert f'title="{said}" aria-describedby="prediction-form"' in page
    assert f'<p id="prediction-form" class="quiet">{said}</p>' in page


def test_a_prediction_is_found_with_its_inputs_and_version(opened, home):
    places, about = home
    page = opened(places, NOBODY).get(f"/on-call/models/toy/predictions?id={some_id(places)}").text
    assert f"{about.score:.4g}" in part(page, "answer")
    assert "e000000" in part(page, "entity")
    assert "delay_mean" in part(page, "features")
    assert "Compute what each feature contributed" in part(page, "features")


def test_the_sql_of_a_feature_is_linked_to_and_stands_on_the_page_once(opened, home, monkeypatch):
    made = {"toy": "select delay_mean, load, gust from delays", "delays": "select delay_mean, 2 * x as load from raw"}
    monkeypatch.setattr("plugins.on_call.predictions.compiled", lambda opened: made)
    page = opened(home[0], NOBODY).get(f"/on-call/models/toy/predictions?id={some_id(home[0])}").text
    assert page.count('href="#sql-delays"') == 2 and page.count("2 * x as load") == 1
    assert '<div id="sql-delays"><details>' in page


def test_its_contributions_add_up_to_the_score_that_was_logged(opened, home):
    places, about = home
    page = opened(places, NOBODY).get(f"/on-call/models/toy/predictions?id={some_id(places)}&explain=true").text
    assert f"makes it a score of {about.score:.6f}" in part(page, "features")
    values = [float(value) for value in re.findall(r"([+-]\d\.\d{4})", part(page, "features"))]
    assert len(values) == 6
    assert any(values)


def test_an_id_that_nobody_was_answered_is_said_so(opened, home):
    answer = opened(home[0], NOBODY).get(f"/on-call/models/toy/predictions?id={'0' * 32}")
    assert answer.status_code == 404
    assert "log.no_prediction" in answer.text


def test_the_index_of_data_docs_which_scripts_would_fill_leads_to_the_result(opened, home, tmp_path):
    contract = make_contract()
    result = "validations/toy/attempt/20130401T000000.000000Z/rows.html"
    for file in ("index.html", result):
        (tmp_path / "staged" / "docs" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "staged" / "docs" / file).write_text(f"<p>{file}</p>")
    one = {"expectation": "ExpectColumnValuesToNotBeNull", "column": "load", "passed": True, "observed": 0.25}
    held = [{**one, "bound": "a share of nulls of at most 0.3", "unexpected": 0, "seen": 1200, "raised": None}]
    (tmp_path / "staged" / "validation.json").write_text(json.dumps(held))
    write_sorted(make_rows(contract).to_batches(), contract, tmp_path / "staged" / "data.parquet")
    facts = {"docs": "docs/index.html"}
    made = publish_training_set(str(tmp_path / "sets"), contract, AS_OF, tmp_path / "staged", facts)
    client = opened(home[0].model_copy(update={"training_sets": str(tmp_path / "sets")}), NOBODY)
    index = client.get(f"/on-call/training-sets/{made.id}/docs/index.html")
    assert (index.status_code, index.headers["location"]) == (307, result)
    assert client.get(f"/on-call/training-sets/{made.id}/docs/{result}").text == f"<p>{result}</p>"
    shown = part(client.get(f"/on-call/training-sets/{made.id}").text, "expectations")
    assert "✓ all 1 passed" in shown
    assert re.search(r"load\s+values to not be null\s+a share of nulls of at most 0.3\s+0.25\s+1,200", shown), shown


def test_the_data_docs_of_rows_that_failed_are_there_and_nothing_beside_them(opened, home, tmp_path):
    attempt = tmp_path / "validation" / "toy" / "2013-04-01.0123456789ab"
    result = "validations/toy/attempt/20130401T000000.000000Z/rows.html"
    for file in ("docs/index.html", f"docs/{result}", "validation.html", "docs/run.exe"):
        (attempt / file).parent.mkdir(parents=True, exist_ok=True)
        (attempt / file).write_text(f"<p>{file}</p>")
    (attempt / "docs" / "link.html").symlink_to(attempt / "validation.html")
    client = opened(home[0].model_copy(update={"home": tmp_path}), NOBODY)
    at = "/on-call/audits/toy/2013-04-01.0123456789ab/docs"
    index = client.get(f"{at}/index.html")
    assert (index.status_code, index.headers["location"]) == (307, result)
    page = client.get(f"{at}/{result}")
    assert (page.text, "sandbox" in page.headers["content-security-policy"]) == (f"<p>docs/{result}</p>", True)
    for odd in ("link.html", "run.exe", "../validation.html", "%2e%2e/validation.html", "none.html"):
        assert client.get(f"{at}/{odd}").status_code == 404, odd
    assert client.get("/on-call/audits/toy/2013-04-01.ffffffffffff/docs/index.html").status_code == 404


def test_a_long_name_is_cut_in_its_middle_so_that_two_stay_apart():
    names = ("carrier_origin_arrival_delay_mean_3h", "carrier_origin_arrival_delay_mean_28d")
    assert [short(one) for one in names] == ["carrier_origin…l_delay_mean_3h", "carrier_origin…_delay_mean_28d"]
    assert short("place") == "place"
