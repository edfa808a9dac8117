"""Airflow's mail hook, which would wait three minutes for a server that is silent: thirty seconds, six times."""

import re

from airflow.providers.smtp.hooks.smtp import SmtpHook

SECONDS, RETRIES = 10, 1
# Airflow's form of a connection saves thirty seconds and five retries for whoever leaves both as they are.
LONGEST = 30


class MailHook(SmtpHook):  # type: ignore[misc]
    """Waits `SECONDS` for an answer and tries again `RETRIES` times, or as the connection's extra says.

    A server that never answers is waited for `LONGEST` in all at most; one that answers slowly, for each answer.
    """

    @property
    def timeout(self) -> int:
        """How long it waits for an answer, in seconds."""
        return max(1, min(self._told("timeout", SECONDS), LONGEST))

    @property
    def smtp_retry_limit(self) -> int:
        """How often it tries again within one delivery; the next one does anyway."""
        return max(0, min(self._told("retry_limit", RETRIES), LONGEST // self.timeout - 1))

    def _told(self, name: str, default: int) -> int:
        """The whole number in the connection's extra, where there is one; the default for anything else."""
        told = str(self.conn.extra_dejson.get(name, ""))
        return int(told) if re.fullmatch(r"-?\d{1,9}", told) else default

    def get_conn(self) -> "MailHook":
        """Log in; a connection on which that failed is closed, which Airflow's hook leaves open."""
        try:
            super().get_conn()
        except Exception:
            if self._smtp_client is not None:
                self._smtp_client.close()
            raise
        return self
