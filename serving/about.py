"""What a service tells about its model: versions, champion, contract, policy and limits."""

from typing import Any

from artifacts import ledger
from artifacts.places import Places
from artifacts.registry import Registry
from serving.aside import Aside
from serving.service import Service

# Whoever asks while so many are asked waits for MLflow in vain.
AT_ONCE = 4


class About:
    """Asks MLflow and the ledger beside the predictions, which wait for neither."""

    def __init__(self, service: Service, places: Places) -> None:
        self._service, self._places = service, places
        self._asking = Aside("MLflow or the ledger", service.settings.timeout_seconds, AT_ONCE)

    async def tell(self) -> dict[str, Any]:
        """All of it; raises `Unavailable`: `serving.no_answer`, and as the registry and the ledger do."""
        return await self._asking.run(self._read)

    def _read(self) -> dict[str, Any]:
        live, settings, places = self._service.live, self._service.settings, self._places
        line = ledger.champion(places.ledger, live.current.model)
        return {
            "model": live.current.model,
            "champion": line.version if line else None,
            "answers": live.current.version,
            "loaded": sorted(live.loaded),
            "troubles": self._service.troubles,
            "versions": Registry.at(places).versions(live.current.model),
            "training_set": live.current.training_set,
            "model_sha256": live.current.sha256,
            "contract": live.current.contract.to_dict(),
            "policy": settings.policy.model_dump(),
            "limits": {
                name: getattr(settings, name)
                for name in ("max_rows", "max_body_bytes", "timeout_seconds", "max_in_flight", "workers")
            },
        }
