"""``replay``: read again what a record describes."""

from pathlib import Path
from typing import Annotated

import typer

from catalog.bootstrap import open_reader, plan_limits, store_access
from catalog.cli.output import note, say, say_json
from catalog.errors import InputError
from catalog.settings import load_settings


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("replay")(replay)


def replay(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="What `get --record` wrote: .jsonld, .ttl or .nt.")],
    save: Annotated[Path | None, typer.Option("--save", metavar="OUT.npy", help="File for the values.")] = None,
    part: Annotated[int, typer.Option("--part", min=0, help="Of a record of several parts: which one --save means.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print what came of it as JSON.")] = False,
) -> None:
    """Read the same parts of the same arrays again: the same values come back, or what changed is said."""
    from catalog.services.replay import load_record
    from catalog.services.replay import replay as read_again

    recorded = load_record(record)
    if save is not None and save.suffix != ".npy":
        raise InputError(f"--save is {str(save)!r}; a name that ends in .npy is allowed")
    if part >= len(recorded.parts):
        raise InputError(f"--part is {part}; the record has {len(recorded.parts)} parts, counted from 0")
    settings = load_settings()
    with open_reader(settings) as (store, iris):
        found = read_again(store, iris, recorded, limits=plan_limits(settings), access=store_access(settings))
    for text in (*found.notes, *(text for each in found.parts for text in each.notes)):
        note(text)
    if as_json:
        say_json(
            {
                "record": recorded.id,
                "same": True,
                "notes": list(found.notes),
                "parts": [
                    {
                        "array": each.part.array,
                        "selection": each.part.selection,
                        "shape": list(each.part.shape),
                        "sha256": each.part.sha256,
                        "notes": list(each.notes),
                    }
                    for each in found.parts
                ],
            }
        )
    else:
        for each in found.parts:
            say(f"{each.part.array}: the same {each.part.shape} values of {each.part.selection or 'the whole'}")
    if save is not None:
        from catalog.bridge.npy import to_npy

        to_npy(found.parts[part].values, save)
        if not as_json:
            say(f"{save}: shape {found.parts[part].values.shape}")
