"""Is the process alive, can it answer, and how is it doing?"""

from fastapi import APIRouter, Depends, Request, Response

from catalog.api.access import reader, service_of, viewer
from catalog.bootstrap import AUDIENCES
from catalog.services.deployment import recorded_base

router = APIRouter(tags=["health"])


@router.get("/health/live")
def live() -> dict[str, str]:
    """Answers as long as the process does, whatever becomes of the graph store."""
    return {"status": "alive"}


@router.get("/health/ready")
def ready(request: Request) -> dict[str, str]:
    """Answers 200 when the graph store answers, else 503: send no requests here until it does."""
    for audience in AUDIENCES:
        recorded_base(service_of(request).store(audience))
    return {"status": "ready"}


def _may_see_metrics(request: Request) -> None:
    if not service_of(request).settings.api.metrics_open:
        reader(viewer(request))


@router.get("/metrics", response_class=Response, dependencies=[Depends(_may_see_metrics)])
def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    return Response(request.app.state.metrics.text(), media_type="text/plain; version=1.0.0; charset=utf-8")
