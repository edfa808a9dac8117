"""The compose file keeps its rules, and each rule sees what breaks it."""

import functools
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from artifacts import cli
from artifacts.alerts import read_receivers
from artifacts.errors import BadInput
from artifacts.places import REPOSITORY
from artifacts.settings import read_settings
from monitoring.settings import read_monitoring_settings
from ops.__main__ import build_parser
from ops.stack.check import check
from ops.stack.compose_file import Health, read_compose
from ops.stack.dockerfile import dockerfile
from ops.stack.documented import PAGE, documented
from ops.stack.health import FORMS
from ops.stack.lives import lives
from ops.stack.ports import ports
from ops.stack.prepare import SERVICE_KEY
from ops.stack.variables import REQUIRED
from plugins.alert_channels import airflow_channels
from plugins.on_call.settings import OnCallSettings

FILE = REPOSITORY / "docker-compose.yaml"


def test_the_file_keeps_every_rule_and_has_every_part_of_the_stack():
    assert check(FILE) == ([], 13)
    parts = {"postgres", "objects", "mlflow", "serving", "redis", "airflow-worker", "backup", "prepare", "folders"}
    parts |= {f"airflow-{part}" for part in ("api-server", "scheduler", "dag-processor", "triggerer")}
    assert set(read_compose(FILE).services) == parts


def changed(tmp_path, old, new):
    """What is said of the file with `old`, where it stands first, replaced."""
    text = FILE.read_text()
    assert old in text
    (tmp_path / "docker-compose.yaml").write_text(text.replace(old, new, 1))
    shutil.copy(REPOSITORY / "Dockerfile", tmp_path)
    return check(tmp_path / "docker-compose.yaml")[0]


OWN = "airflow-scheduler"
URL = "http://127.0.0.1:5000/health"
ASK = f"import urllib.request; urllib.request.urlopen('{URL}', timeout=5)"
TAKEN = [
    *(("CMD-SHELL", one) for one in FORMS),
    *(("CMD-SHELL", f"{one} || exit 1") for one in FORMS),
    *(("CMD", *shlex.split(one)) for one in FORMS if "|" not in one),
    ("CMD-SHELL", "pg_isready -q -h localhost -p 5432 -U $$POSTGRES_USER -d $${DB}"),
    (
        "CMD-SHELL",
        "pg_isready --host=/var/run/postgresql && psql -U postgres -c 'select 1;' > /dev/null 2>&1||exit 1;\n",
    ),
    ("CMD", "/usr/bin/pg_isready"),
    ("CMD", "sh", "-c", f"curl {URL} --fail -so /dev/null"),
    ("CMD", "curl", "--fail", "--silent", "--show-error", "--max-time", "3", URL),
    ("CMD-SHELL", f"wget -qO- {URL}?full=1"),
    ("CMD", "wget", "--spider", "--tries=1", "-q", f"http://{OWN}:8974/health"),
    ("CMD", "nc", "-zv", "-w", "3", "127.0.0.1", "5432"),
    ("CMD", "redis-cli", "-p", "6379", "PING"),
    ("CMD", "python3", "-c", ASK),
    ("CMD", "python", "-c", f"import urllib.request as r, sys\n{ASK}.read()\n"),
    ("CMD", "python", "-c", f"import sys, urllib.request; sys.exit(urllib.request.urlopen('{URL}').status != 200)"),
    ("CMD-SHELL", f'python -c "{ASK}" || exit 1'),
    ("CMD", "wget", "-q", URL, "-O", "-"),
    ("CMD", "python", "-c", "import socket; socket.create_connection(('localhost', 5432), timeout=3)"),
    ("CMD", "python", "-m", "ops.healthy", "http://airflow-api-server:8080/api/v2/monitor/health", "scheduler"),
]
REFUSED = [
    ("NONE", "x"),
    ("CMD", "true"),
    ("CMD", "/usr/bin/sleep", "1"),
    ("CMD", "env", "true"),
    ("CMD", "timeout", "5", "true"),
    ("CMD", "sh", "-c", "exit 0"),
    ("CMD", "bash", "-ec", "pg_isready || :"),
    ("CMD-SHELL", ""),
    ("CMD-SHELL", "exit 1"),
    ("CMD-SHELL", "pg_isready", "-q"),
    ("CMD-SHELL", "pg_isready||true"),
    ("CMD-SHELL", "pg_isready || exit 0"),
    ("CMD-SHELL", "pg_isready || exit 256"),
    ("CMD-SHELL", "pg_isready || exit $$((0))"),
    ("CMD-SHELL", "pg_isready || exit 1; true"),
    ("CMD-SHELL", "pg_isready || exit 1 || true"),
    ("CMD-SHELL", "pg_isready;exit 0"),
    ("CMD-SHELL", "pg_isready\ntrue"),
    ("CMD-SHELL", "pg_isready\n|| exit 1"),
    ("CMD-SHELL", "pg_isready || (echo down; true)"),
    ("CMD-SHELL", "true || pg_isready"),
    ("CMD-SHELL", "pg_isready | cat"),
    ("CMD-SHELL", "pg_isready &"),
    ("CMD-SHELL", "pg_isready &> /dev/null"),
    ("CMD-SHELL", "! pg_isready"),
    ("CMD-SHELL", "trap 'exit 0' EXIT; pg_isready"),
    ("CMD-SHELL", "if pg_isready; then exit 0; fi"),
    ("CMD-SHELL", "echo $$(pg_isready)"),
    ("CMD-SHELL", "pg_isready -d 'x"),
    ("CMD-SHELL", "sleep 1 && echo ready"),
    ("CMD", "pg_isready", "--version"),
    ("CMD", "pg_isready", "-?"),
    ("CMD", "pg_isready", "--host", "another"),
    ("CMD", "psql", "-c", "select 1", "--help"),
    ("CMD", "redis-cli", "--version"),
    ("CMD", "redis-cli", "-h", "another", "ping"),
    ("CMD-SHELL", "redis-cli ping | tee /tmp/x"),
    ("CMD-SHELL", "redis-cli ping | grep -q ''"),
    ("CMD", "echo", "ruok", "|", "nc", "localhost", "2181"),
    ("CMD-SHELL", "echo ruok '|' nc localhost 2181"),
    ("CMD", "nc", "-zu", "localhost", "53"),
    ("CMD", "nc", "-h"),
    ("CMD", "curl", "-s", URL),
    ("CMD", "curl", "-f", "--version"),
    ("CMD", "curl", "-f", "http://another:5000/health"),
    ("CMD", "curl", "-f", "http://localhost@another/health"),
    ("CMD", "curl", "-f", "http://localhost.another/health"),
    ("CMD", "curl", "-f", "file:///etc/hosts"),
    ("CMD-SHELL", f"curl -f {URL}?a=1&b=2"),
    ("CMD", "wget", "--version"),
    ("CMD", "wget", "-q", "-O", "/dev/null", "http://postgres:7070/_/health"),
    ("CMD", "python", "-c", "pass"),
    ("CMD", "python", "-c", "import shop; true"),
    ("CMD", "python", "-c", f"import sys; sys.exit(0); {ASK}"),
    ("CMD", "python", "-c", f"{ASK}; import sys; sys.exit(0)"),
    ("CMD", "python", "-c", f"import urllib.request\ntry: urllib.request.urlopen('{URL}')\nexcept OSError: pass"),
    ("CMD", "python", "-m", "ops.healthy"),
    ("CMD", "python", "-m", "ops.healthy", URL, "||", "true"),
    ("CMD", "python", "-m", "ops.healthy", "http://airflow-api-server:8080/api/v2/monitor/health"),
    ("CMD", "python", "-m", "ops.healthy", "http://airflow-api-server:8080/api/v2/monitor/health", "triggerer"),
    ("CMD-SHELL", "celery --app shop.app inspect ping"),
    ("CMD-SHELL", "celery --app shop.app inspect ping --destination celery@$$HOSTNAME --help"),
    ("CMD-SHELL", "celery --app shop.app inspect ping --destination celery@$$HOSTNAME || exit 0"),
]


@functools.cache
def whole():
    return read_compose(FILE)


def told_of(**health):
    """What is said of the scheduler with such a health check."""
    compose = whole()
    one = compose.services[OWN]
    changed = one.model_copy(update={"healthcheck": Health(**{**one.healthcheck.model_dump(), **health})})
    return list(lives(compose.model_copy(update={"services": {**compose.services, OWN: changed}})))


@pytest.mark.parametrize("test", TAKEN, ids=" ".join)
def test_a_health_check_of_a_known_form_is_taken(test):
    assert told_of(test=[*test]) == []


@pytest.mark.parametrize("script", [script for kind, script, *_ in TAKEN if kind == "CMD-SHELL"])
@pytest.mark.parametrize("ends", [0, 1])
def test_a_line_that_is_taken_fails_in_a_shell_when_what_it_asks_says_no(tmp_path, script, ends):
    for name in ("celery", "curl", "grep", "nc", "pg_isready", "psql", "python", "redis-cli", "wget"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nexit {ends}\n")
        program.chmod(0o755)
    asked = ["/bin/sh", "-c", script.replace("$$", "$")]
    assert subprocess.run(asked, env={"PATH": str(tmp_path)}, check=False).returncode == ends


@pytest.mark.parametrize("test", REFUSED, ids=" ".join)
def test_any_other_may_never_fail_and_is_refused_with_the_forms_that_are_taken(test):
    [said] = told_of(test=[*test])
    assert said.startswith(f"{OWN}: its health check ")
    assert "may never fail" in said
    assert shlex.join(test[1:]) in said
    assert all(form in said for form in FORMS)


def test_a_health_check_that_is_one_line_is_what_a_shell_reads():
    assert told_of(test="pg_isready --quiet || exit 1") == []
    assert len(told_of(test="pg_isready --quiet || :")) == 1


@pytest.mark.parametrize(
    ("health", "said"),
    [
        ({"interval": "48h"}, "after 4 times (48h + 10s)"),
        ({"timeout": "14m"}, "after 4 times (15s + 14m)"),
        ({"retries": 100000}, "after 100000 times (15s + 10s)"),
        ({"start_period": "100h"}, "not counted for 100h"),
    ],
)
def test_a_health_check_fails_in_time(health, said):
    [told] = told_of(**health)
    assert f"{OWN}: its health check" in told
    assert said in told
    assert told_of(interval="120s", timeout="1m", retries=5, start_period="15m") == []


SECRET = f"${{LEDGER_DB_PASSWORD:?{REQUIRED}}}"
BROKEN = {
    "a tag without a digest": ("objects:", r"(versitygw:v1.8.0)@sha256:\w+", r"\1", "objects: image versity"),
    "a tag that moves": ("postgres:\n", r"postgres:17.6@", "postgres:latest@", "is not pinned"),
    "a port for everybody": ("mlflow:", r'"127.0.0.1:(\$\{MLFLOW_PORT)', r'"\1', "mlflow: port .* beyond loopback"),
    "a port of all addresses": ("mlflow:", r'"127.0.0.1:(\$\{MLFLOW_PORT)', r'"0.0.0.0:\1', "beyond loopback"),
    "a port of the database": (
        "postgres:\n",
        r"( +)networks: \[inside\]",
        r'\g<0>\n\1ports: ["127.0.0.1:1:1"]',
        "no port",
    ),
    "a store that can go out": ("postgres:\n", r"networks: \[inside\]", "networks: [inside, edge]", "inside alone"),
    "an inside with a way out": ("networks:\n  #", r"internal: true", "internal: false", "inside is not internal"),
    "root": ("postgres:\n", r'user: "999:999"', 'user: "0:0"', "postgres: user 0:0 is root"),
    "capabilities": ("x-hardened", r"cap_drop: \[ALL\]", "cap_drop: [NET_RAW]", "cap_drop is not"),
    "new privileges": ("x-hardened", r"no-new-privileges:true", "seccomp:unconfined", "security_opt is not"),
    "seccomp off beside": (
        "x-hardened",
        r'"no-new-privileges:true"',
        r'\g<0>, "seccomp:unconfined"',
        "security_opt is not",
    ),
    "the secrets mounted": (
        "postgres:\n",
        r"./ops/stack/databases.sql",
        "./.env",
        "postgres: ./.env is mounted, with every secret",
    ),
    "the folder of the secrets": (
        "postgres:\n",
        r"./ops/stack/databases.sql",
        "./",
        "./ is mounted, with every secret",
    ),
    "a file system to write": ("x-hardened", r"read_only: true", "read_only: false", "can be written"),
    "a script mounted writable": ("postgres:\n", r"databases.sql:ro", "databases.sql", "mounted writable"),
    "the host's socket": ("objects:\n", r'"objects:/data"', '"/var/run/docker.sock:/s"', "no declared volume"),
    "no health check": ("postgres:\n", r"(?s)    healthcheck:.*?start_period: 60s\n", "", "has no health check"),
    "no restart": ("postgres:\n", r"restart: unless-stopped", 'restart: "no"', "runs once, and has a health check"),
    "a check that asks nothing": ("redis:\n", r'"redis-cli", "ping"', '"true"', "redis: its health check true may"),
    "a check that cannot fail": (
        "airflow-worker:\n",
        r"celery@\$\$HOSTNAME",
        r"\g<0> || exit 0",
        "airflow-worker: its health check .* may never fail",
    ),
    "a wait in a circle": (
        "postgres:\n",
        r"    stop_grace_period: 60s\n",
        r"\g<0>    depends_on:\n      redis: {condition: service_healthy}\n"
        r"      prepare: {condition: service_completed_successfully}\n",
        "postgres: waits for itself, by way of prepare$",
    ),
    "a wait for a start only": ("prepare:\n", r"service_healthy", "service_started", "waits for postgres by"),
    "a wait for nobody": ("prepare:\n", r"postgres: \{cond", "postgre: {cond", "waits for postgre, which there is not"),
    "a wait beyond the profile": ("prepare:\n", r"postgres: \{cond", "redis: {cond", "another profile starts"),
    "a literal secret": ("x-store", r"\$\{S3_SECRET_KEY:[^}]*\}", "abcdefgh", "AWS_SECRET_ACCESS_KEY holds something"),
    "a literal password in a URL": (
        "x-pipeline",
        re.escape(SECRET),
        "secret",
        "URL in PIPELINE_LEDGER holds a literal",
    ),
    "a literal beside a variable in a URL": ("x-pipeline", r"\$\{LEDGER_DB", "s3cret${LEDGER_DB", "holds a literal"),
    "a secret in a command": ("mlflow:", r'"--workers", "2"', f'"--x", "{SECRET}"', "LEDGER_DB_PASSWORD would stand"),
    "a secret that a shell fills in": (
        "redis:\n",
        r"exec redis-server -",
        r"exec redis-server --requirepass $$REDISCLI_AUTH",
        "a shell would fill REDISCLI_AUTH into",
    ),
    "a secret with a default": (
        "x-store",
        r"S3_ACCESS_KEY:\?[^}]*",
        "S3_ACCESS_KEY:-minio",
        "is a secret and not required",
    ),
    "a secret that may be empty": (
        "x-store",
        r"S3_ACCESS_KEY:\?[^}]*",
        "S3_ACCESS_KEY",
        "is a secret and not required",
    ),
    "a database without passwords": (
        "postgres:\n",
        r"      POSTGRES_INITDB_ARGS:",
        "      POSTGRES_HOST_AUTH_METHOD: trust\n\\g<0>",
        "POSTGRES_HOST_AUTH_METHOD says trust",
    ),
    "a database made without": ("postgres:\n", r"--auth-host=scram-sha-256", "--auth-host=trust", "INITDB_ARGS says"),
    "a database that says nothing": ("postgres:\n", r"--auth-host=scram-sha-256 ", "", "INITDB_ARGS lacks --auth-host"),
    "an unknown variable": ("x-store", r"us-east-1", "${MY_REGION}", "MY_REGION is not in ops/stack/variables.py"),
    "another default": ("x-airflow", r"AIRFLOW_PORT:-8080", "AIRFLOW_PORT:-80", "AIRFLOW_PORT has another default"),
    "Airflow without a login": (
        "x-airflow-environment",
        r"( +)AIRFLOW__API__HOST:",
        r'\1AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS: "True"\n\g<0>',
        "prepare: AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS makes whoever comes an admin",
    ),
    "a queue without protection": (
        "redis:\n",
        r"command: .*",
        'command: ["redis-server", "--protected-mode", "no"]',
        "redis: its command says protected-mode no",
    ),
    "a queue without a password": (
        "redis:\n",
        r"command: .*",
        'command: ["redis-server"]',
        "redis: its command sets no requirepass",
    ),
    "an MLflow of any name": (
        "mlflow:\n",
        r"mlflow:5000,127[^\"]*",
        "*",
        r"mlflow: --allowed-hosts has \*, so it answers by any name",
    ),
    "an MLflow of any name on a port": ("mlflow:\n", r"mlflow:5000,127", "*:5000,127", r"has \*:5000, so it answers"),
    "an MLflow of no names": ("mlflow:\n", r'"--allowed-hosts", "[^"]*"', '"--workers", "2"', "lacks --allowed-hosts"),
    "no limit of processors": ("postgres:\n", r'cpus: "2"', 'cpus: "0.0"', r"postgres: cpus 0\.0 is no limit"),
    "no limit of memory by default": (
        "postgres:\n",
        r"memory: 2g",
        'memory: "${AIRFLOW_MEMORY:-00g}"',
        r"postgres: memory \$\{AIRFLOW_MEMORY:-00g\} is no limit",
    ),
    "no limit of memory": ("postgres:\n", r"memory: 2g", "memory: 0g", "postgres: memory 0g is no limit"),
    "one port of two services": (
        "serving:\n",
        r"SERVING_PORT:-8000\}:8000",
        "MLFLOW_PORT:-5000}:8000",
        r"serving: port 127\.0\.0\.1:5000 is published by mlflow too",
    ),
    "one port in other digits": (
        "serving:\n",
        r"\$\{SERVING_PORT:-8000\}:8000",
        "08080:8000",
        r"serving: port 127\.0\.0\.1:8080 is published by airflow-api-server too",
    ),
    "one port in a range": (
        "serving:\n",
        r"\$\{SERVING_PORT:-8000\}:8000",
        "8078-8081:8000-8003",
        r"serving: port 127\.0\.0\.1:8080 is published by airflow-api-server too",
    ),
    "one port in other letters": (
        "serving:\n",
        r"\$\{SERVING_PORT:-8000\}:8000",
        "5000:8000/TCP",
        r"serving: port 127\.0\.0\.1:5000 is published by mlflow too",
    ),
    "a port of any number": ("serving:\n", r"\$\{SERVING_PORT:-8000\}:", ":", "serving: port .* says no number"),
    "a variable that nobody uses": ("serving:\n", r"\$\{SERVED_MODEL:-late_arrival\}", "x", "does not use it"),
}


@pytest.mark.parametrize(
    ("port", "said"),
    [
        ("8000:8000", "is published beyond loopback"),
        ("${BIND:-127.0.0.1}:8000:8000", "is published beyond loopback"),
        ("127.0.0.1:8000", "says no number or range of the host"),
        ("127.0.0.1::8000", "says no number or range of the host"),
        ("127.0.0.1:99999:8001", "has '99999' outside, which is no number or range from 1 to 65535"),
        ("127.0.0.1:0:8001", "has '0' outside, which is no number or range from 1 to 65535"),
        ("127.0.0.1:8005-8001:8005-8001", "has '8005-8001' outside, which is no number or range from 1 to 65535"),
        ("127.0.0.1:8001:x", "has 'x' inside, which is no number or range from 1 to 65535"),
        ("127.0.0.1:9000-9005:8001-8002", "has ranges of 6 outside and 2 inside, so that none can tell which is which"),
        ("127.0.0.1:8001:8001/tpc", "has the protocol 'tpc', which is none of tcp, udp, sctp"),
        ("127.0.0.1:8001-8002:8001-8002/UDP", None),
    ],
)
def test_a_port_that_is_none_or_whose_other_side_cannot_be_told_is_named(port, said):
    compose = whole()
    serving = compose.services["serving"].model_copy(update={"ports": [port]})
    told = list(ports(compose.model_copy(update={"services": {**compose.services, "serving": serving}})))
    assert told == ([] if said is None else [f"serving: port {port} {said}; 127.0.0.1:PORT:PORT is wanted"])


@pytest.mark.parametrize("name", BROKEN)
def test_a_planted_violation_is_named(tmp_path, name):
    part, pattern, new, told = BROKEN[name]
    head, found, rest = FILE.read_text().partition(f"{part}" if part.startswith(("x-", "networks")) else f"\n  {part}")
    assert found
    after = re.sub(pattern, new, rest, count=1)
    assert after != rest
    said = changed(tmp_path, head + found + rest, head + found + after)
    assert any(re.search(told, problem) for problem in said), said


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("    shm_size: 256m\n", "    shm_size: 256m\n    privileged: true\n", "postgres.privileged: Extra inputs"),
        ("      retries: 6\n", '      retries: "6"\n', "healthcheck.retries: Input should be a valid integer"),
        ("      timeout: 5s\n", "      timeout: 0s\n", "healthcheck.timeout: String should match pattern"),
        (
            '    deploy: {resources: {limits: {cpus: "2", memory: 2g, pids: 512}}}\n',
            "",
            "postgres.deploy: Field required",
        ),
        ("    shm_size: 256m\n", "    shm_size: 256m\n    shm_size: 1g\n", "shm_size stands twice"),
        ("volumes:\n  database: {}", "volumes:\n  database: {external: true}", "database.external: Extra inputs"),
        ("    restart:", "    restrat:", "restrat: Extra inputs are not permitted; did you mean restart?"),
        (
            '    ports: ["127.0.0.1:${MLFLOW_PORT:-5000}:5000"]\n',
            '    ports: [{target: 8080, published: "8080"}]\n',
            "ports.0: Input should be a valid string; a port is written in one line, as 127.0.0.1:PORT:PORT",
        ),
        ("services:\n", "services: [\n", "while parsing"),
        (FILE.read_text(), "", "it holds no keys with values"),
    ],
)
def test_what_does_not_fit_the_schema_is_named_by_its_place(tmp_path, old, new, told):
    with pytest.raises(BadInput, match=re.escape(told)) as refused:
        changed(tmp_path, old, new)
    assert refused.value.code == "stack.compose_invalid"


def of_airflow(written):
    """The environment of Airflow's api-server with this `.env`, as Compose fills it in."""
    environment = read_compose(FILE).services["airflow-api-server"].environment
    fill = re.compile(r"\$\{(\w+):[-?]([^}]*)\}")
    return {name: fill.sub(lambda one: written.get(one[1]) or one[2], text) for name, text in environment.items()}


def test_in_the_stack_the_pages_know_the_service_its_key_and_mlflow():
    environment = of_airflow({"MLFLOW_PORT": "5001"})
    settings = read_settings(OnCallSettings, "ON_CALL_", environment)
    assert (settings.serving_url, settings.mlflow_url) == ("http://serving:8000", "http://127.0.0.1:5001")
    assert settings.serving_key_file == Path("/data/airflow") / SERVICE_KEY


def test_a_receiver_that_env_leaves_empty_is_unset_and_one_that_it_names_is_told():
    assert read_monitoring_settings(of_airflow({})) == read_monitoring_settings({})
    assert read_receivers(of_airflow({})).channels(airflow_channels) == {}
    written = {"MONITORING_WEBHOOK_URL": "https://example.org/hook", "MONITORING_SLACK_CONNECTION": "slack"}
    assert sorted(read_receivers(of_airflow(written)).channels(airflow_channels)) == ["slack", "webhook"]


def test_what_the_documents_run_in_a_container_names_a_service_that_is_there():
    text = "".join(path.read_text() for path in sorted((REPOSITORY / "docs").glob("*.md")))
    told = re.findall(r"docker compose (?:exec|run|restart|logs)((?: --?[\w-]+(?: NAME=VALUE)?)*) ([a-z-]+)", text)
    named = {service for _, service in told}
    assert {"airflow-scheduler", "serving", "backup"} <= named <= set(read_compose(FILE).services)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("| `TASK_MEMORY` | 8g |", "| memory | 8g |", "TASK_MEMORY has no row in docs/stack.md"),
        (
            "`AIRFLOW_PORT` | 8080 |",
            "`AIRFLOW_PORT` | 8081 |",
            "LINE: AIRFLOW_PORT has the default 8081; 8080 is wanted",
        ),
        ("`S3_SECRET_KEY` | required", "`S3_SECRET_KEY` | none", "LINE: S3_SECRET_KEY has the default none; required"),
        ("`MONITORING_SMTP_TO` | empty", "`MONITORING_SMTP_TO` | you", "LINE: MONITORING_SMTP_TO has the default you;"),
        ("| `SERVING_PORT` | 8000", "| `SERVICE_PORT` | 8000", "LINE: SERVICE_PORT is no variable of docker-compose"),
    ],
)
def test_a_row_of_the_page_that_does_not_hold_is_named_with_its_line(old, new, told):
    text = (REPOSITORY / PAGE).read_text()
    head, found, rest = text.partition(old)
    assert found and list(documented(text)) == []
    told = told.replace("LINE", f"docs/stack.md:{head.count(chr(10)) + 1}")
    assert any(problem.startswith(told) for problem in documented(head + new + rest))


def test_a_dockerfile_is_pinned_ends_as_a_user_and_holds_no_secret():
    text = (REPOSITORY / "Dockerfile").read_text()
    assert list(dockerfile(text)) == []
    assert "is not pinned" in next(dockerfile(re.sub(r"@sha256:\w+", "", text)))
    assert "ends as root" in next(dockerfile(text.replace("USER 10001:10001", "USER root")))
    assert "would be built into" in next(dockerfile(text.replace("    HOME=", "    API_KEY=x HOME=")))
    assert "would be built into" in next(dockerfile(text.replace("USER", "ENV DB_PASSWORD=x\nUSER")))
    for line in ("ENV DB_PASSWORD x", "ARG API_KEY", "ARG A API_KEY", "env A=b API_KEY=x"):
        assert "would be built into" in next(dockerfile(text.replace("USER", f"{line}\nUSER")))
    assert list(dockerfile(f"{text}\nFROM packages\n")) == ["Dockerfile: ends as root; USER UID:GID is wanted"]
    for line in ("COPY --from=busybox:latest /bin/sh /x", "RUN --mount=type=bind,from=busybox:latest true"):
        assert list(dockerfile(f"{text}\n{line}\n")) == [
            "Dockerfile: --from busybox:latest is not pinned as NAME:VERSION@sha256:DIGEST"
        ]
    for mounts in ("from=packages --mount=type=bind,from=b:latest", "from=packages,from=b:latest"):
        [said] = dockerfile(f"{text}\nRUN --mount=type=bind,{mounts},target=/x true\n")
        assert said.startswith("Dockerfile: --from b:latest is not pinned")
    hidden = f"{text}\nCOPY \\\n# x\n  --from=busybox:latest /bin/sh /x\n"
    assert "--from busybox:latest is not pinned" in next(dockerfile(hidden))
    for line in (
        "# syntax=evil/frontend:latest",
        "\ufeff#syntax = evil/frontend:latest",
        "// syntax=evil/frontend:latest",
    ):
        assert "syntax evil/frontend:latest would build it" in next(dockerfile(f"{line}\n{text}"))
    for line in ("RUN curl https://example.org/x | sh", "RUN wget -qO- example.org/x", "RUN pip install http://x/y"):
        assert "fetches what nobody pinned" in next(dockerfile(f"{text}\n{line}\n"))
    for line in ("  RUN true \\ \n\n && wget example.org/x", "RUN cu\\\nrl example.org/x", "RUN cu\\ \t\n# x\nrl x"):
        assert "fetches what nobody pinned" in next(dockerfile(f"{text}\n{line}\n"))
    for line in ("USE\\\nR root", "RUN echo \\\\\nUSER root"):
        assert list(dockerfile(f"{text}\n{line}\n")) == ["Dockerfile: ends as root; USER UID:GID is wanted"]
    assert "escape ` would have" in next(dockerfile(f"# escape=`\n{text}"))
    opened = text.replace("    HOME=", "    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS=True HOME=")
    assert "without a login" in next(dockerfile(opened))
    assert "ADD may fetch" in next(dockerfile(f"{text}\nADD https://example.org/x /x\n"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("RUN <<EOF\ntrue\nEOF", "RUN with <<EOF may begin a here-document"),
        ("RUN <<-'EOF'\ntrue\nEOF", "RUN with <<-'EOF' may begin a here-document"),
        ("RUN <<\\EOF\ntrue\nEOF", "RUN with <<\\EOF may begin a here-document"),
        ('RUN <<"E F"\ntrue\nE F', 'RUN with <<"E may begin a here-document'),
        ('RUN <<"E"O"F"\ntrue\nEOF', 'RUN with <<"E"O"F" may begin a here-document'),
        ('RUN echo "a <<EOF b"', "RUN with <<EOF may begin a here-document"),
        ("RUN sh 3<<EOF\ntrue", "RUN with 3<<EOF may begin a here-document"),
        ("run cat <\\\n<EOF\ntrue\nEOF", "run with <<EOF may begin a here-document"),
        ("RUN cat <<< x", "RUN with <<< may begin a here-document"),
        ("COPY <<EOF /x\nx\nEOF", "COPY with <<EOF may begin a here-document"),
        ("ADD <<EOF /x\nx\nEOF", "ADD with <<EOF may begin a here-document"),
        ("ONBUILD RUN <<EOF\nx\nEOF", "ONBUILD RUN <<EOF runs in another image, and what it does cannot be told"),
        ("onbuild USER root", "onbuild USER root runs in another image"),
        ("COPY --fr\\om=b:latest / /", "what --fr\\om=b:latest means, with its quote or backslash, cannot be told"),
        ("RUN true\rUSER root", "whether a carriage return without a line feed ends a line"),
        ("RUN --mount='from'=b:latest x", "what --mount='from'=b:latest means, with its quote or backslash, cannot be"),
    ],
)
def test_what_the_check_cannot_read_it_refuses(line, said):
    text = (REPOSITORY / "Dockerfile").read_text()
    told = next(dockerfile(f"{text}\n{line}\n"))
    assert told.startswith(f"Dockerfile: {said}")
    assert told.endswith("cannot be told; none is wanted")


@pytest.mark.parametrize("name", ["docker-compose.yaml", "Dockerfile"])
@pytest.mark.parametrize("content", [b"caf\xe9", None])
def test_a_file_that_is_no_text_or_not_there_is_named(tmp_path, name, content):
    for one in ("docker-compose.yaml", "Dockerfile"):
        shutil.copy(REPOSITORY / one, tmp_path)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=f"{name} cannot be read") as refused:
        check(tmp_path / "docker-compose.yaml")
    assert refused.value.next_step.endswith(f"git checkout {name}")


@pytest.mark.parametrize(
    ("compose", "image", "said"),
    [
        (("", ""), ("USER 10001:10001", "USER root"), "Dockerfile breaks 1 rule:"),
        (("", ""), ("USER 10001", "RUN true\rUSER 10001"), "Dockerfile breaks 2 rules:"),
        (("read_only: true", "read_only: false"), ("", ""), "docker-compose.yaml breaks 13 rules:"),
        (('cpus: "4"', 'cpus: "0"'), ("USER 1", "USER 0"), "docker-compose.yaml and Dockerfile break 2 rules:"),
    ],
)
def test_the_file_that_breaks_a_rule_is_the_one_that_is_named(tmp_path, capsys, compose, image, said):
    for name, change in (("docker-compose.yaml", compose), ("Dockerfile", image)):
        (tmp_path / name).write_text((REPOSITORY / name).read_text().replace(*change, 1), newline="")
    assert cli.run(build_parser(), ["compose-check", "--file", str(tmp_path / "docker-compose.yaml")]) != 0
    assert said in capsys.readouterr().err


def test_what_no_rule_knows_is_corrected_and_not_made_legal(tmp_path):
    with pytest.raises(BadInput, match="privileged") as refused:
        changed(tmp_path, "    shm_size: 256m\n", "    privileged: true\n")
    assert refused.value.next_step.endswith("git checkout docker-compose.yaml")
