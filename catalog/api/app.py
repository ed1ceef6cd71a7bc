"""What does the service offer? The app: its addresses, its layers, its life.

Settings are passed in: one process can hold several apps, and nothing is read from the environment here.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from catalog import __version__
from catalog.api.described import DescribedApp
from catalog.api.limits import Limits, RequestLimits, SafeAnswers
from catalog.api.metrics import Metrics
from catalog.api.problems import PROBLEM_RESPONSES, add_problems
from catalog.api.request_log import HEADER, RequestLog
from catalog.api.routes import (
    arrays,
    health,
    linked_data,
    linked_data_writing,
    points,
    published,
    records,
    search,
    sparql,
    zarr_store,
)
from catalog.api.state import Service
from catalog.settings import Settings

ROUTES = (health, search, sparql, arrays, points, records, zarr_store, published, linked_data_writing, linked_data)
"""The groups of addresses, in the order in which they are tried."""
_SEEN_BY_PAGES = (
    *("ETag", "Link", "Location", "Content-Range", "Accept-Ranges", "Content-Disposition", "Retry-After", HEADER),
    *("Catalog-Total", "Catalog-Total-Relation", "Catalog-Complete", "Catalog-Reasons", "Catalog-Next"),
)


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    yield
    await run_in_threadpool(app.state.service.close)


def _request_limits(settings: Settings) -> Limits:
    api = settings.api
    return Limits(running=api.max_running, head_bytes=api.max_head_bytes, body_bytes=api.max_body_bytes)


def create_app(settings: Settings) -> FastAPI:
    """The app of one deployment.

    Nothing is opened yet: an app can be made, and its OpenAPI document read, where no graph store is.

    Raises
    ------
    InputError
        A key in the settings is no digest.
    """
    app = DescribedApp(
        title="Zarr linked-data catalogue",
        summary="Find arrays by what they mean, and read just the chunks that answer.",
        version=__version__,
        lifespan=_life,
        responses=PROBLEM_RESPONSES,
        redirect_slashes=False,  # an IRI with a slash at its end is another one
        docs_url=None,  # the pages that FastAPI makes load scripts from elsewhere
        redoc_url=None,
    )
    app.state.service, app.state.metrics = Service(settings), Metrics()
    add_problems(app)
    for module in ROUTES:
        app.include_router(module.router)
    app.state.routes = [route for module in ROUTES for route in module.router.routes]
    # No cookies are used, so a page of any origin sees only what it could ask for anyway.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.api.origins,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=_SEEN_BY_PAGES,
    )
    app.add_middleware(RequestLimits, limits=_request_limits(settings))
    app.add_middleware(SafeAnswers)
    app.add_middleware(RequestLog, metrics=app.state.metrics)
    return app
