"""Nobody reads a page without Airflow's own login, and nobody whom Airflow does not let read the DAGs."""

import pytest
from fastapi.routing import APIRoute

from artifacts.places import read_places
from plugins.on_call.app import create_app
from plugins.on_call.settings import OnCallSettings

EXAMPLES = {
    "model": "late_arrival", "version": "1", "set_name": "late_arrival", "set_version": "2013-10-01.b344ea68c046",
    "run_id": "0" * 32, "dag_id": "train_candidate",
    "dag_run_id": "manual__2013-10-01", "task_id": "judge", "map_index": "-1",
    "name": "style.css", "file": "index.html",
    "findings": "2013-10-01_2013-10-08.v1.b344ea68c046",
}  # fmt: skip
ROUTES = create_app(OnCallSettings(), read_places({})).routes
PATHS = [route.path for route in ROUTES]
UNKNOWN = ["/openapi.json", "/docs", "/redoc", "/docs/oauth2-redirect", "/nothing", "/files/../app.py", "//models"]


def filled(path):
    for key, value in EXAMPLES.items():
        path = path.replace(f"{{{key}}}", value).replace(f"{{{key}:path}}", value)
    return path


@pytest.mark.parametrize("path", [*PATHS, *UNKNOWN])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_without_a_login_every_route_and_every_unknown_one_is_closed(opened, path, method):
    answer = opened(role=None).request(method, f"/on-call{filled(path)}")
    assert answer.status_code in {401, 403}
    assert "late_arrival" not in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_a_token_that_airflow_did_not_sign_opens_nothing(opened, token, path):
    client = opened(role=None)
    head, body, _ = token("admin").split(".")
    for forged in ("nonsense", f"{head}.{body}.", f"{head}.{body}.AAAA"):
        assert client.get(f"/on-call{filled(path)}", headers={"authorization": f"Bearer {forged}"}).status_code == 403


@pytest.mark.parametrize("path", [route.path for route in ROUTES if isinstance(route, APIRoute)])
def test_a_user_who_may_read_no_dag_is_forbidden_every_page(opened, path):
    assert opened(role="").get(f"/on-call{filled(path)}").status_code == 403


@pytest.mark.parametrize("path", [route.path for route in ROUTES if isinstance(route, APIRoute)])
def test_a_user_of_a_role_that_airflow_does_not_know_is_forbidden_every_page_in_words(opened, path):
    answer = opened(role="on_call").get(f"/on-call{filled(path)}")
    assert (answer.status_code, answer.text) == (403, "Your Airflow role may not read the DAGs behind this page.\n")


def test_there_is_nothing_but_routes_of_our_own_that_ask_for_a_dag():
    assert all(isinstance(route, APIRoute) for route in ROUTES)
    assert all(route.dependencies for route in ROUTES)
    assert {method for route in ROUTES for method in route.methods} == {"GET"}


@pytest.mark.parametrize("path", UNKNOWN)
def test_a_viewer_finds_no_description_of_the_app(opened, path):
    assert opened().get(f"/on-call{path}").status_code == 404


def test_the_apps_own_address_leads_to_the_models(opened):
    assert opened().get("/on-call/").text == opened().get("/on-call/models").text


@pytest.mark.parametrize(("path", "status"), [("/models", 200), ("/files/style.css", 200), ("/nothing", 404)])
def test_head_is_answered_as_get_is(opened, path, status):
    head, got = (opened().request(method, f"/on-call{path}") for method in ("HEAD", "GET"))
    assert (head.status_code, got.status_code) == (status, status)
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


def test_a_viewer_writes_nothing(opened):
    assert opened().request("POST", "/on-call/models").status_code == 405


def test_the_bearer_of_a_token_needs_no_cookie(opened, token):
    client = opened(role=None)
    assert client.get("/on-call/models", headers={"authorization": f"Bearer {token('viewer')}"}).status_code == 200


@pytest.mark.parametrize("path", ["/models", "/nothing", "/files/style.css"])
def test_every_answer_says_what_a_browser_may_do_with_it(opened, path):
    for role in (None, "viewer"):
        headers = opened(role=role).get(f"/on-call{path}").headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; script-src 'self'")
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
