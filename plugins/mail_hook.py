"""Airflow's mail hook, which would wait three minutes for a server that is silent: thirty seconds, six times."""

from airflow.providers.smtp.hooks.smtp import SmtpHook

SECONDS, RETRIES = 10, 1
# Airflow's form of a connection saves thirty seconds and five retries for whoever leaves both as they are.
LONGEST = 30


class MailHook(SmtpHook):  # type: ignore[misc]
    """Waits `SECONDS` and tries again `RETRIES` times, or as the connection's extra says, up to `LONGEST` in all."""

    @property
    def timeout(self) -> int:
        """How long it waits for an answer, in seconds."""
        return min(int(self.conn.extra_dejson.get("timeout") or SECONDS), LONGEST)

    @property
    def smtp_retry_limit(self) -> int:
        """How often it tries again within one delivery; the next one does anyway."""
        told = self.conn.extra_dejson.get("retry_limit")
        return min(RETRIES if told is None else int(told), LONGEST // self.timeout - 1)

    def get_conn(self) -> "MailHook":
        """Log in; a connection on which that failed is closed, which Airflow's hook leaves open."""
        try:
            super().get_conn()
        except Exception:
            if self._smtp_client is not None:
                self._smtp_client.close()
            raise
        return self
