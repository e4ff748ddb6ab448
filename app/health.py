"""For load balancers and for Prometheus."""

import hmac
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.plugins.prometheus import PrometheusController

from app.database import reachable
from app.mailboxes.alarming import measure
from app.migrating import missing
from app.settings import settings


class Health(Controller):
    """Is this process alive, and is it ready to serve?"""

    path = "/health"

    @get("/live")
    async def live(self) -> dict[str, bool]:
        return {"live": True}

    @get("/")
    async def ready(self) -> Response[dict[str, Any]]:
        reasons = await reasons_against()
        return Response({"live": True, "ready": not reasons, "reasons": reasons}, status_code=503 if reasons else 200)


async def reasons_against() -> list[str]:
    """Why this process should get no traffic; empty when it should."""
    if not await reachable():
        return ["The database does not answer. Pixels and links are still served and kept."]
    return [f"The database lacks the migration {name}. Run: nachfass migrate" for name in await missing()]


class Metrics(PrometheusController):
    """Figures for Prometheus, for whoever knows NACHFASS_METRICS_TOKEN."""

    path = "/metrics"

    @get()
    async def get(self, request: Request[Any, Any, Any]) -> Response[Any]:
        wanted = settings().metrics_token
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not wanted or not hmac.compare_digest(given, wanted):
            raise NotFoundException
        if await reachable():
            await measure()
        return await super().get.fn(self, request)  # type: ignore[no-any-return]
