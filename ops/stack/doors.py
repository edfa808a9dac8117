"""The doors that a setting or a word of a command opens: Airflow without login, Redis without password, any host."""

import re
from collections.abc import Iterator

from ops.stack.compose_file import Compose, Service

_NO_LOGIN = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"
_HOSTS = "--allowed-hosts"
_NO = {"", "0", "false", "f", "no", "n", "off"}


def doors(compose: Compose) -> Iterator[str]:
    """Airflow asks who comes in, Redis has a password, and MLflow answers by the names that it is told alone."""
    for name, service in compose.services.items():
        if service.environment.get(_NO_LOGIN, "").strip().lower() not in _NO:
            yield f"{name}: {_NO_LOGIN} makes whoever comes an admin, without a login"
        yield from (f"{name}: {problem}" for problem in _of_redis(service))
        yield from (f"{name}: {problem}" for problem in _of_mlflow(service))


def _of_redis(service: Service) -> Iterator[str]:
    said = " ".join(service.command)
    if not (service.image.rpartition("/")[2].startswith("redis:") or "redis-server" in said):
        return
    if re.search(r"protected-mode['\",\s]+no\b", said):
        yield "its command says protected-mode no, which lets everybody in without a password"
    if not re.search(r"printf '[^']*\brequirepass %s\b.*\| *exec redis-server -$", said):
        yield "its command sets no requirepass by printf to standard input: everybody comes in without a password"


def _of_mlflow(service: Service) -> Iterator[str]:
    command = " ".join(service.command).split()
    if "mlflow" not in command or "server" not in command:
        return
    told = [after for word, after in zip(command, [*command[1:], ""], strict=True) if word == _HOSTS]
    told += [word.partition("=")[2] for word in command if word.startswith(f"{_HOSTS}=")]
    told += [text for key, text in service.environment.items() if key == "MLFLOW_SERVER_ALLOWED_HOSTS"]
    hosts = [host.strip() for one in told for host in one.split(",")]
    if not told:
        yield f"its command lacks {_HOSTS}"
    for host in hosts:
        if not host.partition(":")[0].strip("*."):
            yield f"{_HOSTS} has {host or 'an empty name'}, so it answers by any name; HOST:PORT is wanted"
