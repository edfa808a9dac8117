"""What a service tells about its model: versions, champion, contract, policy and limits."""

import asyncio
from typing import Any

from artifacts.champion_alias import known_champion, lost_ledger
from artifacts.errors import Missing, Refusal
from artifacts.places import Places
from artifacts.registry import Registry
from artifacts.registry.connect import shown
from serving.deadlines import Aside
from serving.service import Service

# Whoever asks while so many are asked waits for MLflow in vain.
AT_ONCE = 4
# All but the two is in memory. An on-call page waits half a second for the whole.
PATIENCE_SECONDS = 0.3


class About:
    """Asks MLflow and the ledger beside the predictions, which wait for neither; it tells the rest without them."""

    def __init__(self, service: Service, places: Places) -> None:
        self._service, self._places = service, places
        self._ledger = Aside("The ledger", PATIENCE_SECONDS, AT_ONCE)
        self._mlflow = Aside("MLflow", PATIENCE_SECONDS, AT_ONCE)
        self._versions: list[int] | None = None

    async def tell(self) -> dict[str, Any]:
        """All of it; `not_told` says who was asked and could not tell.

        Of the ledger the champion that is followed stands in then, of MLflow the versions that it told last, or None.
        """
        live, settings = self._service.live, self._service.settings
        asked = (self._ledger.run(self._champion), self._mlflow.run(self._listed))
        champion, versions = await asyncio.gather(*asked, return_exceptions=True)
        not_told = [f"{one.code}: {one.message}" for one in (champion, versions) if isinstance(one, Refusal)]
        for one in (champion, versions):
            if isinstance(one, BaseException) and not isinstance(one, Refusal):
                raise one
        followed = live.current.version if live.follows else None
        return {
            "model": live.current.model,
            "champion": followed if isinstance(champion, Refusal) else champion,
            "answers": live.current.version,
            "loaded": sorted(live.loaded),
            "troubles": self._service.troubles,
            "not_told": not_told,
            "versions": self._versions,
            "training_set": live.current.training_set,
            "model_sha256": live.current.sha256,
            "contract": live.current.contract.to_dict(),
            "policy": settings.policy.model_dump(),
            "limits": {
                name: getattr(settings, name)
                for name in ("max_rows", "max_body_bytes", "timeout_seconds", "max_in_flight", "workers")
            },
        }

    def _champion(self) -> int | None:
        """None when there never was one; raises `Damaged` (`judge.ledger_lost`) when MLflow or this service had it."""
        places, live = self._places, self._service.live
        line = known_champion(Registry.at(places), places.ledger, live.current.model)
        if line is None and live.follows:
            raise lost_ledger(live.current.model, f"version {live.current.version} answers here as its champion")
        return line.version if line else None

    def _listed(self) -> None:
        """Kept also when nobody waits for it any more; raises `Missing` where the version that answers is not there."""
        answers, registry = self._service.live.current, Registry.at(self._places)
        found = registry.versions(answers.model)
        if answers.version not in found:
            raise Missing(
                "registry.missing",
                f"MLflow at {shown(registry.tracking_uri)} has no version {answers.version} of {answers.model}, which "
                "answers here.",
                next_step="Restore MLflow's database from a backup, or set PIPELINE_MLFLOW to the one that has it.",
            )
        self._versions = found
