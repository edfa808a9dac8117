"""What SQL may touch: the warehouse and the raw folder, and no setting, so that an injected statement finds nothing to open."""

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

SPILLED = ".duckdb.tmp"  # the folder that DuckDB allows itself, beside the database


class Plugin(BasePlugin):
    """Locks each new connection. Not `config_options`: DuckDB refuses `allowed_directories` before it has started.

    `raw` is the folder that may be read; `duckdb_threads` is how many threads a query uses, empty for every core;
    `memory_limit` is what queries may hold before they spill to disk, so that memory does not grow with the history.
    """

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        self._raw = plugin_config["raw"]
        self._threads = plugin_config.get("duckdb_threads") or None
        self._memory = plugin_config["memory_limit"]

    def configure_connection(self, conn: Any) -> None:
        folders = [str(Path(self._raw).resolve())]
        if _setting(conn, "lock_configuration"):  # this process opened the file before, and DuckDB kept it open
            self._refuse_other_settings(conn, folders)
            return
        if self._threads is not None:
            conn.execute("set threads = ?", [int(self._threads)])
        conn.execute("set memory_limit = ?", [self._memory])
        conn.execute("set allowed_directories = ?", [folders])
        conn.execute("set enable_external_access = false")
        conn.execute("set lock_configuration = true")

    def _refuse_other_settings(self, conn: Any, folders: list[str]) -> None:
        """Raise `RuntimeError` when the open database was locked with other settings than these."""
        threads = int(self._threads or _setting(conn, "threads"))
        allowed = [each.rstrip("/") for each in _setting(conn, "allowed_directories")]
        opened = (_setting(conn, "threads"), [each for each in allowed if not each.endswith(SPILLED)])
        if _setting(conn, "enable_external_access") or opened != (threads, folders):
            raise RuntimeError(
                f"The warehouse is open in this process with {opened[0]} threads for {opened[1]}; "
                f"{threads} threads for {folders} are wanted. Run dbt in a new process."
            )


def _setting(conn: Any, name: str) -> Any:
    return conn.execute("select current_setting(?)", [name]).fetchone()[0]
