"""``replay``: read again what a record describes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.bootstrap import open_reader, plan_limits, store_access
from catalog.cli.output import note, say, say_json
from catalog.errors import InputError
from catalog.settings import load_settings

if TYPE_CHECKING:
    from catalog.services.replay import Replay


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("replay")(replay)


def replay(
    record: Annotated[
        str, typer.Argument(metavar="RECORD", help="What `get --record` wrote, .jsonld, .ttl or .nt; or the URL of a record.")
    ],
    save: Annotated[
        Path | None, typer.Option("--save", metavar="OUT", help="File for the values: .npy, .npz, .nc, .csv, .parquet or .png.")
    ] = None,
    part: Annotated[int, typer.Option("--part", min=0, help="Of a record of several parts: which one --save means.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print what came of it as JSON.")] = False,
) -> None:
    """Read the same parts of the same arrays again: the same values come back, or what changed is said."""
    from catalog.services.read import ReadOptions
    from catalog.services.replay import load_record
    from catalog.services.replay import replay as read_again
    from catalog.services.write import check_file, write_reading

    said = ""
    settings = load_settings()
    recorded = load_record(record, store_access(settings))
    if part >= len(recorded.parts):
        raise InputError(f"--part is {part}; the record has {len(recorded.parts)} parts, counted from 0")
    if save is not None:
        check_file(save, points=recorded.parts[part].points)
    with open_reader(settings) as (store, iris):
        found = read_again(store, iris, recorded, limits=plan_limits(settings), access=store_access(settings))
        if save is not None:
            how = ReadOptions(plan_limits(settings), lambda: store_access(settings)).reading()
            said = write_reading(store, iris, found.parts[part].reading, save, how)
    for text in (*found.notes, *(text for each in found.parts for text in each.notes)):
        note(text)
    if as_json:
        say_json(_told(found))
    else:
        for each in found.parts:
            say(f"{each.part.array}: the same {each.part.shape} values of {each.part.selection or 'the whole'}")
    if save is not None and not as_json:
        say(f"{save}: shape {found.parts[part].values.shape}")
        if said:
            note(f"{save}: {said}")


def _told(found: "Replay") -> dict[str, Any]:
    """What came of a replay, as JSON."""
    parts = [
        {
            "array": each.part.array,
            "selection": each.part.selection,
            "shape": list(each.part.shape),
            "sha256": each.part.sha256,
            "notes": list(each.notes),
        }
        for each in found.parts
    ]
    return {"record": found.record.id, "same": True, "notes": list(found.notes), "parts": parts}
