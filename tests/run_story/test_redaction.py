"""What is known to be secret, in whatever form it comes."""

import json
from urllib.parse import quote

import pytest

from plugins.redaction import redact, secrets_of


def test_secrets_are_known_by_name_by_url_and_in_connections():
    environ = {
        "A_TOKEN": "abcdef1", "PIPELINE_LEDGER": "postgresql://me:abcdef2%21@host/db", "KEY_FILE": "/run/key",
        "AIRFLOW_CONN_M": json.dumps({"password": "abcdef3", "extra": json.dumps({"t": {"n": "abcdef4"}})}),
        "MONITORING_WEBHOOK_URL": "https://host/abcdef6", "PATH": "/usr/bin",
    }  # fmt: skip
    assert secrets_of(environ) == {
        "abcdef1", "abcdef2%21", "abcdef2!", "abcdef3", "abcdef4", "https://host/abcdef6",
    }  # fmt: skip


def test_the_extras_of_a_connection_as_a_uri_are_known_by_name_and_as_json_as_written_and_decoded():
    extra = quote(json.dumps({"token": "abcdef3", "deep": {"keys": ["abcdef4"]}}))
    query = f"token=abcdef1%21&pin_token=123456&timeout=10000&disable_ssl=False&__extra__={extra}"
    known = secrets_of({"AIRFLOW_CONN_X": f"smtp://u:abcdef0@h/?{query}#end"})
    assert known == {"abcdef0", "abcdef1%21", "abcdef1!", "123456", extra, "abcdef3", "abcdef4"}


@pytest.mark.parametrize(
    "value",
    ["{abcdef5", json.dumps({"password": "{abcdef5"}), json.dumps({"extra": "{abcdef5"}), json.dumps("{abcdef5"),
     json.dumps({"extra": {"keys": ["{abcdef5"]}})],
)  # fmt: skip
def test_a_connection_that_only_looks_like_json_is_a_secret_and_breaks_nothing(value):
    assert any("abcdef5" in one for one in secrets_of({"AIRFLOW_CONN_X": value}))


@pytest.mark.parametrize(
    "value",
    ["5", "null", "[]", "{}", "", '{"password": null, "extra": 7}', '{"password": "http://["}', "[" * 100_000,
     "smtp://[", "smtp://h/?a", "smtp://h/?__extra__={", "smtp://h/?a=http://[", "://?=&&=%"],
)  # fmt: skip
def test_a_connection_of_any_form_breaks_nothing(value):
    secrets_of({"AIRFLOW_CONN_X": value})


def test_a_password_in_a_url_is_hidden_whoever_wrote_it_there():
    told = {"reason": "As postgresql://me:abcdef1@host/db says, and http://host:80/a@b.", "n": [7, "s3://k:zz@b"]}
    assert redact(told) == {
        "reason": "As postgresql://me:***@host/db says, and http://host:80/a@b.", "n": [7, "s3://k:***@b"],
    }  # fmt: skip
