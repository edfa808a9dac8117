"""What the pages read, through the doors; what a page asks twice is read once, and a text parsed once."""

import os
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from fastapi import Request

from artifacts import ledger
from artifacts.champion_alias import refuse_lost_ledger
from artifacts.errors import Missing
from artifacts.ledger import Promotion
from artifacts.lost import refuse_lost_versions
from artifacts.lost_champion import refuse_another_run, refuse_lost_champion
from artifacts.lost_home import refuse_lost_home
from artifacts.places import Places
from artifacts.registry import Registry, RunRecord
from artifacts.verdict import Verdict, read_verdict
from plugins.on_call.patience import Patience
from plugins.on_call.read_once import ReadOnce
from plugins.on_call.settings import OnCallSettings

T = TypeVar("T")
JSON = "/verdict.json"
COLD_SECONDS, LEAST_SECONDS = 30.0, 0.5
# The versions whose MLflow runs a page asks for at once; of an older one each is a question.
RECENT = 24
# The client's own patience is minutes; a page that is looked at in the night has seconds.
for _name, _value in (("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1"), ("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")):
    os.environ.setdefault(_name, _value)


@dataclass(frozen=True)
class Found:
    """A verdict and where it lies among the files of the MLflow run that it is about."""

    path: str
    verdict: Verdict


@dataclass(frozen=True)
class Home:
    """The places and settings of the pages, and what is read from them."""

    places: Places
    settings: OnCallSettings
    began: float = field(default_factory=time.monotonic, repr=False, compare=False)
    _read: ReadOnce = field(default_factory=ReadOnce, repr=False, compare=False)

    @classmethod
    def of(cls, request: Request) -> "Home":
        """That of the app that was asked, for one page."""
        return cls(request.app.state.places, request.app.state.settings)

    @property
    def registry(self) -> Registry:
        """MLflow."""
        return Registry.at(self.places)

    def lines(self, model: str) -> list[Promotion]:
        """The ledger of the model, oldest first.

        Raises `Missing` (`on_call.no_champion`) when it has none, `Damaged` (`judge.ledger_lost`) when it had.
        """
        lines = self.history(model)
        if not lines:
            self.refuse_lost_ledger(model)
            raise self._never_champion(model)
        return lines

    def champion(self, model: str) -> Promotion | None:
        """The newest line of the model; None when the ledger has none."""
        return next(reversed(self.history(model)), None)

    def history(self, model: str) -> list[Promotion]:
        """The ledger of the model, oldest first, read once for each page; empty when it has none."""
        return self.once(("lines", model), lambda: ledger.history(self.places.ledger, model))

    def _never_champion(self, model: str) -> Missing:
        had, trained = ledger.models(self.places.ledger), self.registry.models()
        others = f"of the others {', '.join(had)} had one" if had else "no model had one yet"
        return Missing(
            "on_call.no_champion",
            f"Model {model} never had a champion; {others}. Trained so far: {', '.join(trained) or 'none'}.",
            next_step="Its candidates stand below, each with what is to be done about it."
            if model in trained
            else "It has no candidate either: train one by a config that names this model, under training/configs.",
        )

    def refuse_lost_ledger(self, model: str) -> None:
        """As `champion_alias.refuse_lost_ledger` and `lost_home.refuse_lost_home`, of these places."""
        if self.champion(model) is None:
            refuse_lost_ledger(self.registry, self.places.ledger, model)
            refuse_lost_home(self.registry, self.places)

    def refuse_lost_champion(self, model: str) -> None:
        """As `lost_champion.refuse_lost_champion`, of these places."""
        line, there = self.champion(model), self._run_ids(model)
        if line is not None and line.version in there:
            refuse_another_run(line, self.record(model, line.version))
        else:
            refuse_lost_champion(self.registry, self.places.ledger, model, list(there))

    def refuse_lost_versions(self, model: str) -> None:
        """As `lost.refuse_lost_versions`, of these places."""
        refuse_lost_versions(self.registry, self.places.ledger, model, self._run_ids(model))

    def newest(self, model: str, count: int) -> list[int]:
        """The newest versions, newest first; raises as the first two `refuse_lost_` above where there is none."""
        versions = list(self._run_ids(model))
        if not versions:
            self.refuse_lost_ledger(model)
            self.refuse_lost_champion(model)
        return versions[-count:][::-1]

    def _run_ids(self, model: str) -> dict[int, str]:
        run_ids = self.once(("versions", model), lambda: self.registry.run_ids(model))
        _ANSWERED.add(self.places.mlflow)
        return run_ids

    def record(self, model: str, version: int) -> RunRecord:
        """The MLflow run of a version; raises what `Registry.model_version` does.

        What was read before is no answer where MLflow does not have it now: as `refuse_lost_champion` then.
        """
        run_id = self._run_ids(model).get(version)
        if run_id is None:
            self.refuse_lost_champion(model)
            return self.registry.model_version(model, version)
        recent = self.once(("records", model), lambda: self.registry.runs(model, self._recent(model)))
        return recent.get(run_id) or self.once(("record", run_id), lambda: self.registry.run(run_id))

    def _recent(self, model: str) -> dict[int, str]:
        return dict(list(self._run_ids(model).items())[-RECENT:])

    def verdicts(self, run_id: str) -> Sequence[Found]:
        """The verdicts on an MLflow run, newest first; raises `Damaged` (`verdict.damaged`)."""
        return self.once(("verdicts", run_id), lambda: self._verdicts(run_id))

    def _verdicts(self, run_id: str) -> Sequence[Found]:
        paths = [path for path in self.registry.listed(run_id, "verdicts") if path.endswith(JSON)]
        found = [Found(path, self.verdict(run_id, path)) for path in paths]
        return sorted(found, key=lambda one: one.verdict.decided_at, reverse=True)

    def verdict(self, run_id: str, path: str) -> Verdict:
        """One of them, as it is now: a verdict may be replaced under its name."""
        return _parsed(self.registry.text(run_id, path))

    def once(self, what: Hashable, read: Callable[[], T]) -> T:
        """What `read` gives or raises, read once for this page by whichever part of it comes first."""
        return self._read.once(what, read)

    @property
    def patience(self) -> Patience:
        """How long the page may still take: the first one also loads MLflow's client, which takes seconds."""
        wanted = self.settings.patience_seconds
        whole = wanted if self.places.mlflow in _ANSWERED else max(wanted, COLD_SECONDS)
        # What does not wait for anything is shown also where what was asked first took all the time.
        left = max(whole - (time.monotonic() - self.began), min(wanted, LEAST_SECONDS))
        return Patience(left, self.places)


_ANSWERED: set[str] = set()


@lru_cache(maxsize=128)
def _parsed(text: str) -> Verdict:
    return read_verdict(text)
