"""``serve`` and ``key``: the catalogue over HTTP."""

from pathlib import Path

import typer

from catalog.cli.output import note, say
from catalog.settings import load_settings


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("serve")(serve)
    app.command("key")(key)


def serve(
    host: str = typer.Option("", "--host", help="Address to listen on; CATALOG_API__HOST, else this machine alone."),
    port: int = typer.Option(0, "--port", min=0, max=65535, help="Port to listen on; CATALOG_API__PORT, else 8000."),
) -> None:
    """Serve search, SPARQL, linked data and arrays over HTTP, until Ctrl-C or SIGTERM."""
    from catalog.api.listening import bind
    from catalog.api.server import make_server
    from catalog.observability import set_up_logging

    settings = load_settings()
    given = {"host": host or settings.api.host, "port": port or settings.api.port}
    settings = settings.model_copy(update={"api": settings.api.model_copy(update=given)})
    set_up_logging(settings.api.log_style, settings.api.log_level)
    server = make_server(settings)
    sockets = bind(settings.api.host, settings.api.port)
    if settings.graph_store_kind == "embedded" and not Path(settings.graph_store_place).exists():
        note(f"catalog: there is no catalogue at {settings.graph_store_place} yet; `catalog ingest` makes one")
    note(f"catalog: serving http://{settings.api.host}:{sockets[0].getsockname()[1]}/")
    server.run(sockets)


def key() -> None:
    """Make a key for the service: give the key away, keep its digest in CATALOG_API__READ_KEYS or CATALOG_API__WRITE_KEYS."""
    from catalog.api.keys import digest_of, make_key

    made = make_key()
    say(f"key     {made}")
    say(f"digest  {digest_of(made)}")
