"""``search`` and ``sparql``: ask the catalogue."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from catalog.bootstrap import open_reader
from catalog.cli.output import say_json, say_table
from catalog.errors import InputError
from catalog.rdf.prefixes import PREFIXES
from catalog.settings import load_settings

_SHOWN = 80
"""Characters of a text worth a line."""

FORMATS = ("table", "json", "csv", "tsv", "xml", "turtle", "ntriples", "jsonld")


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("search")(search)
    app.command("sparql")(sparql)


def search(
    words: Annotated[
        str,
        typer.Argument(
            metavar="TEXT", help='Words that must all be there; "side by side" in quotes; begin*.', show_default=False
        ),
    ],
    limit: Annotated[int, typer.Option("--limit", "-n", help="Most hits, up to 1,000.")] = 20,
    public: Annotated[bool, typer.Option("--public", help="Search what anonymous users may see.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything that is known of each hit, as JSON.")] = False,
) -> None:
    """Find datasets, groups and arrays by names, titles, keywords, attributes and the things they describe, the best first."""
    settings = load_settings()
    with open_reader(settings, "public" if public else "catalog") as (store, _):
        hits = store.find_text(words, limit=limit)
    if as_json:
        say_json([asdict(hit) for hit in hits])
        return
    columns = ("score", "iri", "found in", "text")
    say_table(columns, [(f"{hit.score:.2f}", hit.iri, _short(hit.property), _excerpt(hit.text)) for hit in hits])


def _short(iri: str) -> str:
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def sparql(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="SPARQL; zo:, dcat: and the other usual prefixes are declared.")
    ] = "",
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Read the query from a file; - is standard input.")] = None,
    format_: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = "",
    public: Annotated[bool, typer.Option("--public", help="Ask what anonymous users may see.")] = False,
) -> None:
    """Answer a SPARQL query; nothing can be changed by one."""
    if bool(query) == bool(file):
        raise InputError("give a query, or --file with a file that holds one")
    if format_ and format_ not in FORMATS:
        raise InputError(f"--format is {format_!r}; one of {', '.join(FORMATS)} is allowed")
    text = query or _read(file)
    settings = load_settings()
    with open_reader(settings, "public" if public else "catalog") as (store, _):
        from catalog.services.query import answer_as_table, preferred_format

        chosen = format_ or preferred_format(text)
        if chosen == "table":
            columns, rows = answer_as_table(store, text, timeout=settings.query_timeout_s)
            say_table(columns, rows)
            return
        answer = store.query(text, chosen, timeout=settings.query_timeout_s)
    sys.stdout.buffer.write(answer.body)
    if not answer.body.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()


def _read(file: Path | None) -> str:
    if file is None or str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the query file {str(file)!r} cannot be read: {error}") from error
