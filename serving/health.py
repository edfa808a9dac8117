"""Whether a service answers: what it says of its health, how it finds out that it does again, and when it gives up."""

import asyncio
import os
import signal
from contextlib import suppress

from starlette.responses import Response

from artifacts.errors import Unavailable
from serving.answer import as_json
from serving.metrics import LOG
from serving.service import Service


def readiness(service: Service) -> Response:
    """`ready`; `degraded` and why, with 200 since it answers; `refusing` and why, with 503, when it answers nothing."""
    # Anybody may ask this, so the code alone; the sentence names folders.
    trouble = "; ".join(one.partition(":")[0] for one in service.troubles)
    refuses = service.metrics.log_trouble is not None or service.log.has_failed
    version = service.live.current
    status = "refusing" if refuses else "degraded" if trouble else "ready"
    told = {"status": status, "model": version.model, "version": version.version}
    return as_json(told | ({"trouble": trouble} if trouble else {}), 503 if refuses else 200)


async def try_log(service: Service, poll_seconds: float) -> None:
    """Try every `poll_seconds` whether a log that refused takes something again.

    Nobody asks a service that says that it answers nothing, and so nobody else would find out. One whose writer has
    failed never will: the process ends, and who supervises it starts another.
    """
    while True:
        await asyncio.sleep(poll_seconds)
        if service.log.has_failed:
            LOG.error("the prediction log's writer has failed: this process answers nothing, and ends")
            os.kill(os.getpid(), signal.SIGTERM)
            return
        if service.metrics.log_trouble is not None:
            with suppress(Unavailable):
                await service.told(service.log.probe)
