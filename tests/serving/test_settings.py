"""Settings are read once and refused by name; the key opens every route but health."""

from pathlib import Path

import pytest

from artifacts import cli
from artifacts.errors import BadInput
from serving.__main__ import build_parser
from serving.run import warnings
from serving.settings import ServingSettings, read_key, read_serving_settings
from tests.serving.world import GOOD, MODEL, World, ask, serving

KEY = "0123456789abcdef"
PATHS = ["/metrics", "/openapi.json", f"/v1/models/{MODEL}", "/nothing"]
OPEN = ["/health/live", "/health/ready", "/ping"]


def test_without_the_key_only_health_answers(world: World, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    with serving(world, api_key_file=tmp_path / "key") as client:
        for sent in ("", "Bearer wrong", KEY, f"Bearer {KEY}x", f"Basic {KEY}"):
            client.headers["Authorization"] = sent
            assert {client.get(path).status_code for path in PATHS} == {401}
            assert ask(client, GOOD).json()["error"] == "request.api_key"
            assert client.post("/invocations", json={}).status_code == 401
            assert {client.get(path).status_code for path in OPEN} == {200}
        assert world.logged() == []
        client.headers["Authorization"] = f"bearer {KEY}"
        assert ask(client, GOOD).status_code == 200
        assert client.get("/openapi.json").json()["security"] == [{"key": []}]
        assert 'serving_rejections_total{reason="request.api_key"' in client.get("/metrics").text


POOR = ["", "short", "x" * 15, "x" * 513, "with a blank in it!", "ключключключключ", "line\nbreak" * 3]


@pytest.mark.parametrize("key", POOR)
def test_a_poor_key_is_refused_and_not_repeated(key: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(key)
    for settings in ({"api_key": key}, {"api_key_file": tmp_path / "key"}):
        with pytest.raises(BadInput) as refused:
            read_key(ServingSettings.model_validate(settings))
        assert refused.value.code == "serving.api_key"
        assert key == "" or key not in str(refused.value)


def test_two_keys_or_a_file_that_is_not_there_are_refused(tmp_path: Path) -> None:
    for settings in ({"api_key": KEY, "api_key_file": tmp_path / "key"}, {"api_key_file": tmp_path / "key"}):
        with pytest.raises(BadInput) as refused:
            read_key(ServingSettings.model_validate(settings))
        assert refused.value.code == "serving.api_key"


@pytest.mark.parametrize(("mode", "count"), [(0o600, 0), (0o400, 0), (0o640, 1), (0o604, 1), (0o602, 1)])
def test_a_key_file_that_others_can_read_is_warned_of_and_not_its_key(tmp_path: Path, mode: int, count: int) -> None:
    (tmp_path / "my key").write_text(KEY)
    (tmp_path / "my key").chmod(mode)
    settings = ServingSettings(api_key_file=tmp_path / "my key", host="0.0.0.0")
    told = warnings(settings, read_key(settings))
    assert [f"chmod 600 '{tmp_path}/my key'" in one for one in told] == [True] * count
    assert KEY not in str(told)


def test_no_setting_shows_the_key() -> None:
    assert KEY not in repr(ServingSettings.model_validate({"api_key": KEY}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVING_PORT", "70000"),
        ("SERVING_POLL_SECONDS", "6"),
        ("SERVING_UNSEEN_CATEGORY", "ignore"),
        ("SERVING_DURABILITY", "never"),
        ("SERVING_WORKERS", "0"),
        ("SERVING_NOTHING", "1"),
        # Python takes it for every address of the machine.
        ("SERVING_HOST", ""),
        ("SERVING_HOST", " "),
    ],
)
def test_a_wrong_or_unknown_setting_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_serving_settings({name: value})
    assert (refused.value.code, name in refused.value.message) == ("settings.invalid", True)


@pytest.mark.parametrize(
    ("option", "value", "wanted"),
    [
        ("--port", "99999", "wanted less than or equal to 65535"),
        ("--workers", "0", "wanted greater than or equal to 1"),
    ],
)
def test_an_option_is_refused_by_its_own_name(
    option: str, value: str, wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(build_parser(), ["run", "--model", MODEL, option, value]) == 2
    told = capsys.readouterr().err
    assert f"settings.invalid: {option}='{value}': {wanted}. Correct or leave out {option}." in told
    assert "SERVING_" not in told


def test_a_misspelt_setting_is_told_the_nearest_there_is_and_a_wrong_value_no_list_of_names() -> None:
    with pytest.raises(BadInput, match=r"SERVING_MAX_ROW is no setting; did you mean SERVING_MAX_ROWS\?"):
        read_serving_settings({"SERVING_MAX_ROW": "5"})
    with pytest.raises(BadInput, match="SERVING_NOTHING is no setting; known are SERVING_HOST, SERVING_PORT"):
        read_serving_settings({"SERVING_NOTHING": "5"})
    with pytest.raises(BadInput) as refused:
        read_serving_settings({"SERVING_MAX_ROWS": "many"})
    assert "SERVING_HOST" not in refused.value.message


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("example.org", False)],
)
def test_what_other_machines_reach_is_known(host: str, loopback: bool) -> None:
    assert ServingSettings(host=host).loopback is loopback
