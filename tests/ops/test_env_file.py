"""`make env`: fresh secrets, once, for their owner alone; and the list of all that is missing."""

import base64
import os
import re
import shutil
import subprocess

import pytest

from artifacts import code
from artifacts.code import Code
from artifacts.errors import BadInput
from artifacts.places import REPOSITORY
from ops.stack.env_file import check_env, read_env, write_env
from ops.stack.variables import VARIABLES


def test_a_new_file_has_every_variable_is_ready_and_is_its_owners_alone(tmp_path):
    path = tmp_path / ".env"
    assert write_env(path) == [variable.name for variable in VARIABLES]
    assert path.stat().st_mode & 0o777 == 0o600
    check_env(path, {})
    values = read_env(path.read_text())
    assert len(base64.urlsafe_b64decode(values["AIRFLOW_FERNET_KEY"])) == 32
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_no_two_files_and_no_two_secrets_are_alike(tmp_path):
    made = []
    for name in ("one", "two"):
        write_env(tmp_path / name)
        values = read_env((tmp_path / name).read_text())
        made += [values[variable.name] for variable in VARIABLES if variable.secret]
    assert len(set(made)) == len(made) == 26


def test_what_is_filled_in_stays_and_what_is_empty_or_missing_is_written(tmp_path):
    path = tmp_path / ".env"
    path.write_text(
        "# mine\nSERVED_MODEL=other\nREDIS_PASSWORD=\nOF_MY_OWN=1\nSERVING_API_KEY='kept-as-it-was-before'\n"
    )
    path.chmod(0o644)
    written = write_env(path)
    text, values = path.read_text(), read_env(path.read_text())
    assert {"SERVED_MODEL", "SERVING_API_KEY"}.isdisjoint(written)
    assert text.startswith("# mine\nSERVED_MODEL=other\n")
    assert (values["SERVING_API_KEY"], values["OF_MY_OWN"]) == ("kept-as-it-was-before", "1")
    assert len(re.findall(r"(?m)^REDIS_PASSWORD=.{43}$", text)) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert write_env(path) == []
    assert path.read_text() == text


def test_everything_that_is_missing_is_listed_at_once(tmp_path):
    with pytest.raises(BadInput) as refused:
        check_env(tmp_path / ".env", {})
    assert refused.value.code == "stack.env_incomplete"
    assert [v.name for v in VARIABLES if (f"{v.name} (" in str(refused.value)) == v.optional] == []
    assert "Run: make env" in str(refused.value)
    told = dict(re.findall(r"(?m)^  (\w+) \(.*\) (is missing|has no value; .*)$", str(refused.value)))
    assert {v.name: told[v.name] for v in VARIABLES if not v.optional} == {
        v.name: "is missing" if v.secret else f"has no value; {v.value}, its default, or another is wanted"
        for v in VARIABLES
        if not v.optional
    }


def replace_lines(path, lines):
    """Write each line in place of the one of its name."""
    text = path.read_text()
    for line in lines.splitlines():
        text = re.sub(rf"(?m)^{line.partition('=')[0]}=.*\n", "", text) + line + "\n"
    path.write_text(text)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "LEDGER_DB_PASSWORD=hidden",
            "LEDGER_DB_PASSWORD (the role ledger, which owns the promotion ledger) has 6 char",
        ),
        ("LEDGER_DB_PASSWORD=hidden/with@more:in-it", "other characters than letters"),
        ("COMPOSE_PROFILES=celery", "is LocalExecutor, and COMPOSE_PROFILES has celery, which wants CeleryExecutor"),
        ("AIRFLOW_EXECUTOR=CeleryExecutor", "whose workers no profile starts; it wants COMPOSE_PROFILES=celery"),
        ("AIRFLOW_EXECUTOR=Celery", "is 'Celery'; LocalExecutor or CeleryExecutor is wanted"),
        ("MONITORING_WEBHOOK_URL=hidden", "MONITORING_WEBHOOK_URL (who is told: where JSON is posted) is no URL"),
        ("MONITORING_WEBHOOK_URL=https://:80/hidden", "is no URL; https://HOST/PATH is wanted"),
        ("MONITORING_SMTP_CONNECTION=mail", "MONITORING_SMTP_FROM and MONITORING_SMTP_TO, all three or none"),
        ("MONITORING_SMTP_ESCALATE_TO=lead@example.org", "MONITORING_SMTP_CONNECTION='': mail needs"),
        ("AIRFLOW_PORT=80800", "loopback address) is '80800'; a port from 1 to 65535 is wanted"),
        ("SERVING_PORT=0", "is '0'; a port"),
        ("SERVING_PORT=8000:8000", "is '8000:8000'; a port"),
        ("SERVING_PORT=5000", "SERVING_PORT is 5000, and so is MLFLOW_PORT; each service wants a port of its own"),
        ("TASK_MEMORY=8", "is '8'; a size such as 8g or 8192m, of at least 1g, is wanted"),
        ("TASK_MEMORY=900m", "is '900m'; a size such as"),
        (
            "SERVED_MODEL=late_arival",
            "is 'late_arival', which no config under training/configs trains; wanted is one of: cancellation, late_arr",
        ),
        ("SERVED_MODEL=Late Arrival", "is 'Late Arrival', which no config under training/configs trains"),
        ("AIRFLOW_FERNET_KEY=hidden-and-long-enough-for-others", "has 33 characters and is no such key; a Fernet key"),
        ("SERVNG_PORT=hidden", "SERVNG_PORT is no variable of the stack; the nearest is SERVING_PORT"),
        ("AWS_REGION_OF_MINE=hidden", "AWS_REGION_OF_MINE is no variable of the stack; docs/stack.md has them all"),
        ("export SERVING_PORT=hidden", " is not NAME=VALUE"),
    ],
)
def test_what_cannot_be_used_is_named_without_its_value(tmp_path, line, told):
    path = tmp_path / ".env"
    write_env(path)
    replace_lines(path, line)
    with pytest.raises(BadInput) as refused:
        check_env(path, {})
    assert told in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_what_is_wrong_and_not_missing_is_to_be_corrected_by_hand(tmp_path):
    path = tmp_path / ".env"
    write_env(path)
    replace_lines(path, "REDIS_PASSWORD=abc")
    with pytest.raises(BadInput) as refused:
        check_env(path, {})
    assert refused.value.next_step == "Correct what is named, by hand."


@pytest.mark.parametrize("verb", [write_env, lambda path: check_env(path, {})])
def test_a_file_that_is_no_text_is_named_and_left_as_it_is(tmp_path, verb):
    path = tmp_path / ".env"
    path.write_bytes(b"A=caf\xe9\n")
    with pytest.raises(BadInput, match=r"\.env cannot be read"):
        verb(path)
    assert path.read_bytes() == b"A=caf\xe9\n"


def test_a_variable_that_stands_twice_is_named_with_its_lines(tmp_path):
    path = tmp_path / ".env"
    write_env(path)
    count = len(path.read_text().splitlines())
    path.write_text(path.read_text() + "LEDGER_DB_PASSWORD=another-hidden-password\n")
    with pytest.raises(BadInput, match=rf"LEDGER_DB_PASSWORD stands twice: lines \d+ and {count + 1}\n") as refused:
        check_env(path, {})
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("size", ["1g", "1024m", "1048576k", "16G", "8gb"])
def test_sizes_ports_and_names_that_the_stack_or_compose_or_an_override_of_ours_knows_are_taken(tmp_path, size):
    path = tmp_path / ".env"
    write_env(path)
    (tmp_path / "docker-compose.override.yaml").write_text("services: {a: {image: '${OF_MY_OWN}'}}\n")
    lines = f"TASK_MEMORY={size}\nAIRFLOW_PORT=1\nMLFLOW_PORT=65535\nCOMPOSE_PROJECT_NAME=mine\nOF_MY_OWN=1\n"
    replace_lines(path, f"{lines}SERVED_MODEL=cancellation\n")
    check_env(path, {})


def test_a_file_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / ".env"
    write_env(path)
    path.chmod(0o640)
    with pytest.raises(BadInput, match=r"can be read by others \(mode 640\)"):
        check_env(path, {})


@pytest.mark.parametrize(
    ("environ", "told", "step"),
    [
        ({"SERVING_API_KEY": "short"}, r"SERVING_API_KEY .* has 5 characters", "Correct SERVING_API_KEY where"),
        ({"SERVED_MODEL": "late"}, r"SERVED_MODEL .* is 'late', which no config", "Correct SERVED_MODEL where"),
        ({"LEDGER_DB_PASSWORD": ""}, r"LEDGER_DB_PASSWORD .* is missing", "Correct LEDGER_DB_PASSWORD where"),
        ({"SERVING_PORT": "5000"}, r"SERVING_PORT is 5000", "Correct what is named, by hand."),
    ],
)
def test_a_variable_of_the_environment_wins_as_it_does_for_compose_and_is_said_to(tmp_path, environ, told, step):
    path = tmp_path / ".env"
    write_env(path)
    with pytest.raises(BadInput, match=told + r".* \(the environment's value, which wins over the file's\)") as refused:
        check_env(path, environ)
    assert refused.value.next_step.startswith(step)
    assert "make env" not in refused.value.next_step


def test_git_and_the_image_leave_the_file_out():
    assert subprocess.run(["git", "check-ignore", "-q", ".env"], cwd=REPOSITORY, check=False).returncode == 0
    kept = (REPOSITORY / ".dockerignore").read_text().splitlines()
    tracked = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert next(line for line in kept if not line.startswith("#")) == "*"
    assert {f"!{path.split('/')[0]}" for path in tracked.splitlines()} <= set(kept)
    assert {"!.env", "!.venv", "!var", "!.git"}.isdisjoint(kept)


@pytest.mark.parametrize("packed", [False, True])
def test_the_image_knows_its_commit_and_holds_no_remote_hook_or_log(tmp_path, monkeypatch, packed):
    source, image = tmp_path / "source", tmp_path / "image"

    def git(*arguments):
        who = ["-c", "user.name=me", "-c", "user.email=me@example.org"]
        return subprocess.run(["git", *who, *arguments], cwd=source, check=True, capture_output=True, text=True).stdout

    source.mkdir()
    git("init", "--quiet")
    (source / "file").write_text("as committed")
    git("add", "file")
    git("commit", "--quiet", "--message", "First")
    git("remote", "add", "origin", "https://me:s3cret-token@example.org/it.git")
    (source / ".git" / "FETCH_HEAD").write_text("of https://me:s3cret-token@example.org/it")
    if packed:
        git("gc", "--quiet")
    allowed = re.findall(r"(?m)^!(\.git/.+)$", (REPOSITORY / ".dockerignore").read_text())
    for path in [*allowed, "file"]:
        if (source / path).is_dir():
            shutil.copytree(source / path, image / path)
        elif (source / path).exists():
            (image / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / path, image / path)
    monkeypatch.setattr(code, "REPOSITORY", image)
    assert code.read_code() == Code(git("rev-parse", "HEAD").strip(), dirty=False)
    (image / "file").write_text("changed")
    assert code.read_code().dirty
    assert not any(b"s3cret" in path.read_bytes() for path in image.rglob("*") if path.is_file())
    assert {"config", "hooks", "logs"}.isdisjoint(path.name for path in (image / ".git").iterdir())


def test_who_is_told_may_stay_empty_or_be_any_address_that_compose_takes_as_it_stands(tmp_path):
    path = tmp_path / ".env"
    write_env(path)
    assert "\nMONITORING_WEBHOOK_URL=\n" in path.read_text()
    told = "MONITORING_WEBHOOK_URL=https://example.org/a?b=c&d=%20\nMONITORING_SMTP_TO=a@example.org,b@example.org\n"
    mail = "MONITORING_SMTP_CONNECTION=mail\nMONITORING_SMTP_FROM=ops@example.org\n"
    replace_lines(path, told + mail)
    check_env(path, {})
    replace_lines(path, "MONITORING_WEBHOOK_URL=https://example.org/$HOME-hidden")
    with pytest.raises(BadInput, match=r"MONITORING_WEBHOOK_URL .* holds a blank, a quote") as refused:
        check_env(path, {})
    assert "hidden" not in str(refused.value)


def made(tmp_path, *arguments, python="exit 0"):
    """What make says, where docker has no compose and Python does nothing."""
    for name, does in (("docker", "exit 1"), ("python", python)):
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    command = ["make", "--old-file=setup", f"PY={tmp_path}/python", *arguments]
    environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    environ = {name: value for name, value in environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL"}}
    return subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)


def test_without_the_compose_plugin_stack_up_says_that_it_is_not_installed(tmp_path):
    done = made(tmp_path, "stack-up")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Docker Compose is not installed here")


def test_what_lacks_of_the_env_file_is_listed_whether_or_not_docker_is_there(tmp_path):
    refused = made(tmp_path, "stack-up", python='test "$*" != "-m ops env --check" || { echo lacks >&2; exit 3; }')
    assert refused.returncode == 2 and refused.stderr.startswith("lacks")


def test_make_env_check_which_make_takes_for_an_option_of_its_own_writes_nothing(tmp_path):
    refused = made(tmp_path, "env", "--check")
    assert (refused.returncode, "make env-check" in refused.stderr) == (2, True)
    assert made(tmp_path, "env").returncode == made(tmp_path, "env-check").returncode == 0
