"""``mapping``: what laboratories mean by their own attribute keys."""

from pathlib import Path
from typing import Annotated

import typer

from catalog.cli.output import say, say_json, say_table
from catalog.rdf.mapping_file import KeyMapping, MappingFile
from catalog.services.mappings import Mappings, read_mapping
from catalog.settings import load_settings

mappings = typer.Typer(help="Mapping files: what your own attribute keys mean.", no_args_is_help=True)


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    mappings.command("check")(check)
    mappings.command("list")(list_)
    app.add_typer(mappings, name="mapping")


def check(files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Mapping files.")]) -> None:
    """Say whether mapping files can be used."""
    for path in files:
        mapping = read_mapping(path)
        say(f"{mapping.name}  {len(mapping.keys)} keys, for {', '.join(mapping.applies_to) or 'all stores'}")


def list_(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per key.")] = False) -> None:
    """List the keys of the mapping files in use, and what each means."""
    found = [(mapping, key) for mapping in Mappings(load_settings().mappings).all() for key in mapping.keys]
    if as_json:
        for mapping, key in found:
            say_json(_facts(mapping, key))
        return
    rows = [(m.name, k.key, k.term.property, k.term.datatype or k.term.kind, k.unit, k.required or "") for m, k in found]
    say_table(("mapping", "key", "property", "type", "unit", "required"), rows)


def _facts(mapping: MappingFile, key: KeyMapping) -> dict[str, object]:
    return {
        "mapping": mapping.name,
        "key": key.key,
        "property": key.term.property,
        "label": key.label or key.steps[-1],
        "type": key.term.datatype,
        "link": key.term.kind != "literal",
        "unit": key.unit,
        "min": key.minimum,
        "max": key.maximum,
        "in": list(key.allowed),
        "required": key.required or "",
    }
