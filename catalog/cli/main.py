"""The command ``catalog``."""

import os
import sys
import traceback

import typer

from catalog import __version__
from catalog.cli import ask, curate, get, ingest, look, manage, mapping, prepare, replay, serve
from catalog.cli.output import errors_to_exit_code, note, say

app = typer.Typer(
    name="catalog",
    help="Find Zarr arrays by what they mean, and read just the chunks that answer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (manage, ingest, ask, get, look, prepare, curate, mapping, replay, serve):
    module.add_commands(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_show_version, is_eager=True),
) -> None:
    """Settings come from CATALOG_… variables; ``CATALOG_GRAPH_STORE`` says where the catalogue lies."""


def run() -> None:
    """Run the command; exit codes are those of ``catalog.errors``."""
    try:
        with errors_to_exit_code():
            app()
    except Exception as error:
        if os.environ.get("CATALOG_DEBUG"):
            traceback.print_exc()
        note(f"catalog: a fault in this program ({type(error).__name__}: {error}); CATALOG_DEBUG=1 shows where")
        sys.exit(1)
