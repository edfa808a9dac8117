"""One window of one model version under check: its rows, and what the version was trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from artifacts.binning import Bins, quoted
from artifacts.counting import Counted, count_columns
from artifacts.findings import Finding, Reason, Rule
from monitoring.answers import TABLE, Answers
from monitoring.described import Described
from monitoring.settings import MonitoringSettings
from monitoring.window import Window


@dataclass(frozen=True)
class Case:
    """What every check reads."""

    answers: Answers
    described: Described
    window: Window
    settings: MonitoringSettings

    @property
    def version(self) -> int:
        """The model version."""
        return self.described.run.version or 0

    @property
    def who(self) -> str:
        """The version in a sentence."""
        return f"version {self.version} of {self.described.run.model}"

    @property
    def sql(self) -> str:
        """The rows of the version in the window."""
        return self.answers.rows(self.window, self.version)

    def by_version(self, days: Sequence[date] | None = None) -> dict[int, int]:
        """The rows of the window, or of some of its days, by the version that answered."""
        named = ", ".join(f"date '{day}'" for day in days or ())
        among = f" and day in ({named})" if days else ""
        found = self.answers.connection.execute(
            f"select version, count(*) from {TABLE} where moment >= timestamp '{self.window.start}' "  # noqa: S608
            f"and moment < timestamp '{self.window.end}'{among} "
            "group by version order by version"
        )
        return dict(found.fetchall())

    def entities(self, rows: str) -> int:
        """How many entities `rows` (SQL) are about: repeats are no evidence. A row that names none is one."""
        wanted = self.described.contract.entity
        if not set(wanted) <= set(self.answers.keys):
            sql = f"select count(*) from {rows}"  # noqa: S608
        else:
            names = [quoted(f"key:{name}") for name in wanted]
            known = " and ".join(f"{name} is not null" for name in names)
            sql = (
                f"select count(distinct row({', '.join(names)})) filter ({known}) + count(*) filter (not ({known})) "  # noqa: S608
                f"from {rows}"
            )
        [found] = self.answers.connection.execute(sql).fetchone() or (0,)
        return int(found)

    def count(self, rows: str, columns: Mapping[str, Bins]) -> dict[str, Counted]:
        """Columns of `rows` (SQL), counted, by the names of `columns`."""
        return count_columns(self.answers.connection, rows, columns)


def unknown(rule: Rule, reason: Reason, rows: int = 0, feature: str | None = None) -> Finding:
    """A finding that nothing can be said."""
    return Finding(rule=rule, feature=feature, state="UNKNOWN", reason=reason, rows=rows)
