"""How does the app meet the network? uvicorn, set up for the open."""

from typing import TYPE_CHECKING

import structlog

from catalog.api.app import create_app
from catalog.bootstrap import try_confinement
from catalog.settings import Settings

if TYPE_CHECKING:
    import uvicorn


def make_server(settings: Settings) -> "uvicorn.Server":
    """A server that answers when it is run, and stops gracefully on SIGTERM and SIGINT: what was begun is answered first.

    Raises
    ------
    InputError
        Settings cannot be used, or want what the system does not allow.
    """
    import uvicorn  # noqa: PLC0415  who only makes an app needs none

    from catalog.api.deadlines import Deadlines, protocol_with  # noqa: PLC0415  stands on uvicorn

    api = settings.api
    config = uvicorn.Config(
        create_app(settings),
        host=api.host,
        port=api.port,
        log_config=None,  # logging is set up by `catalog.observability`
        access_log=False,  # `catalog.api.request_log` writes a better one
        server_header=False,
        http=protocol_with(Deadlines(api.head_s, api.body_s, api.write_s), api.max_connections),
        h11_max_incomplete_event_size=api.max_head_bytes,
        timeout_graceful_shutdown=api.stop_within_s,
    )
    without = try_confinement(settings)
    structlog.get_logger("catalog.api").info(
        "queries and RDF of others run in processes of their own", without_network=without.network, own_user=without.user
    )
    return uvicorn.Server(config)
