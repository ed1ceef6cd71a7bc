"""``sample`` and ``consolidate``: stores to try things on, and one metadata document where there were many."""

from pathlib import Path
from typing import Annotated

import typer

from catalog.cli.output import say
from catalog.errors import InputError


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("sample")(sample)
    app.command("consolidate")(consolidate)


def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write the store to; it must not exist yet.")],
    campaigns: Annotated[int, typer.Option(min=1)] = 1,
    batches: Annotated[int, typer.Option(min=1, help="Batches in each campaign.")] = 1,
    samples: Annotated[int, typer.Option(min=1, help="Samples in each batch.")] = 2,
    chemicals: Annotated[int, typer.Option(min=0, help="Chemicals in each sample.")] = 1,
    shape: Annotated[str, typer.Option(help="Rows and columns of each array.")] = "90,100",
    chunks: Annotated[str, typer.Option(help="Rows and columns of each chunk.")] = "30,50",
    zarr_format: Annotated[int, typer.Option(min=2, max=3)] = 3,
    seed: Annotated[int, typer.Option(help="Another seed gives other facts.")] = 0,
    consolidated: Annotated[bool, typer.Option("--consolidated/--not-consolidated")] = True,
    values: Annotated[bool, typer.Option("--values/--no-values", help="Write chunks, or metadata alone.")] = True,
) -> None:
    """Write a sample store: campaigns, batches, samples and chemicals as JSON-LD, and arrays with known values."""
    from catalog.services.sample import write_sample

    truth = write_sample(
        folder,
        campaigns=campaigns,
        batches=batches,
        samples=samples,
        chemicals=chemicals,
        shape=_extents(shape, "--shape"),
        chunks=_extents(chunks, "--chunks"),
        zarr_format=zarr_format,
        seed=seed,
        consolidate=consolidated,
        values=values,
    )
    say(f"{folder}: {truth.groups} groups and {truth.arrays} arrays; what each URI names: {truth.path}")


def _extents(text: str, option: str) -> tuple[int, int]:
    parts = text.split(",")
    if len(parts) != 2 or not all(part.strip().isdigit() and int(part) > 0 for part in parts):
        raise InputError(f"{option} is {text!r}; two integers ≥ 1 such as 90,100 are allowed")
    return int(parts[0]), int(parts[1])


def consolidate(
    path: Annotated[str, typer.Argument(metavar="PATH", help="Folder of a Zarr store.")],
    key: Annotated[str, typer.Option(help="Key to write v2 metadata under; .zmetadata by default.")] = "",
) -> None:
    """Write all metadata of a store into one document."""
    from catalog.services.consolidate import consolidate as run

    report = run(path, key=key or None)
    say(f"{report.key}: {report.documents} documents, {report.bytes} bytes")
