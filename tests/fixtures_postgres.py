"""A private Postgres cluster: a temporary folder, a free port, passwords of its own, and the stack's four databases."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from artifacts.places import REPOSITORY
from tests.ports import free_port

DATABASES = ("airflow", "mlflow", "ledger", "alerts")
APT = "apt-get update && apt-get install -y postgresql"


@dataclass(frozen=True)
class Cluster:
    """A running cluster: its port, the folder of its programs, and the passwords by role."""

    port: int
    programs: Path
    folder: Path
    passwords: Mapping[str, str]

    def url(self, name: str) -> str:
        """The URL of a database, as its owner."""
        return f"postgresql+psycopg://{name}:{self.passwords[name]}@127.0.0.1:{self.port}/{name}"

    def psql(self, *arguments: str, database: str = "postgres", check: bool = True) -> str:
        """What `psql` printed, asked as the superuser."""
        environ = {f"{name.upper()}_DB_PASSWORD": self.passwords[name] for name in DATABASES}
        environ |= {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "postgres", "PGDATABASE": database}
        environ |= {"PGPASSWORD": self.passwords["postgres"], "PATH": os.environ["PATH"]}
        command = [str(self.programs / "psql"), "--no-psqlrc", "--tuples-only", "--no-align", *arguments]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout + done.stderr

    def log(self) -> str:
        """What the server said so far."""
        return (self.folder / "log").read_text()

    def make_databases(self) -> None:
        """Run the stack's own script."""
        self.psql("--file", str(REPOSITORY / "ops" / "stack" / "databases.sql"))


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster until the block ends; without Postgres on this machine the test fails, and says how to install it."""
    programs, user = _programs(), _owner()
    with tempfile.TemporaryDirectory(prefix="postgres-") as temporary:
        folder = Path(temporary)
        passwords = {name: secrets.token_urlsafe(24) for name in (*DATABASES, "postgres")}
        (folder / "password").write_text(passwords["postgres"])
        if user is not None:
            for path in (folder, folder / "password"):
                os.chown(path, user.pw_uid, user.pw_gid)
        as_owner = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        made = [str(programs / "initdb"), "--pgdata", str(folder / "data"), "--username", "postgres", "--no-sync"]
        made += ["--pwfile", str(folder / "password"), "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"]
        subprocess.run(made, cwd=folder, capture_output=True, check=True, **as_owner)
        port = free_port()
        server = [str(programs / "postgres"), "-D", str(folder / "data"), "-h", "127.0.0.1", "-p", str(port)]
        server += ["-k", "", "-c", "fsync=off", "-c", "max_connections=200"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(server, cwd=folder, stdout=log, stderr=log, **as_owner)
        try:
            _wait(process, programs, port, folder / "log")
            yield Cluster(port, programs, folder, passwords)
        finally:
            # Its fast way to stop: others still hold connections.
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise RuntimeError(f"This test wants a Postgres server, and there is none. Run: {APT}")
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


def _owner() -> pwd.struct_passwd | None:
    """Whom the cluster runs as: a server of Postgres refuses to run as root."""
    return None if os.getuid() else pwd.getpwnam("nobody")


def _wait(process: "subprocess.Popen[bytes]", programs: Path, port: int, log: Path) -> None:
    deadline = time.monotonic() + 120
    asked = [str(programs / "pg_isready"), "--quiet", "--host", "127.0.0.1", "--port", str(port)]
    while process.poll() is None and time.monotonic() < deadline:
        if subprocess.run(asked, check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise RuntimeError(f"Postgres did not start: {log.read_text()[-2000:]}")
