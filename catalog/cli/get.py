"""``get``: from an IRI or a query to values."""

import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.bootstrap import open_reader, plan_limits, store_access
from catalog.cli.output import note, say, say_json
from catalog.cli.points import Points, find_points, save_points
from catalog.cli.recorded import Wanted, save_recorded
from catalog.errors import InputError
from catalog.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from catalog.bridge.chunk_plan import ChunkPlan
    from catalog.services.read import Planned, ReadOptions
    from catalog.settings import Settings

MAX_KEYS = 1000
SAVE_HELP = "What to write: .npy, .npz, .zarr, .nc, .csv, .parquet or .png; of a query, or a folder for one .npy each."
POINTS_IN_HELP = "What points are in: position, label or world; or by axis, such as 'time=label,x=world', others being positions."
TOLERANCE_HELP = "With labels of points, the nearest one at most so far away: a number, or 'lat=0.5,time=1D'."
MISSING_HELP = "What becomes of chunks that the store does not have: 'fill' (their fill value), 'error' or 'mask'."
LEVEL_HELP = "Of an image, the level: its number, 'x=0.5,y=0.5' for the size of a pixel, or '64MiB' for that of the result."


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("get")(get)


def get(
    iri: Annotated[str, typer.Argument(metavar="[IRI]", help="An array's IRI, or any URI in the metadata.")] = "",
    query: Annotated[
        str, typer.Option("--query", metavar="FILE|TEXT", help="In place of an IRI: a SELECT that leads to arrays and parts.")
    ] = "",
    column: Annotated[
        str, typer.Option("--column", help="The query's column that leads to arrays; else the first that does.")
    ] = "",
    points: Annotated[
        Path | None, typer.Option("--points", metavar="FILE.csv", help="Read the values at these points: a column for each axis.")
    ] = None,
    points_query: Annotated[
        str,
        typer.Option("--points-query", metavar="FILE|TEXT", help="In place of --points: a SELECT with a column for each axis."),
    ] = "",
    points_in: Annotated[str, typer.Option("--points-in", metavar="KIND", help=POINTS_IN_HELP)] = "",
    tolerance: Annotated[str, typer.Option("--tolerance", help=TOLERANCE_HELP)] = "",
    level: Annotated[str, typer.Option("--level", help=LEVEL_HELP)] = "",
    save: Annotated[str, typer.Option("--save", metavar="OUT", help=SAVE_HELP)] = "",
    select: Annotated[
        str, typer.Option("--select", help="Such as 'time=2020-01..2020-03,y=world(10:20),x=0:100': half-open.")
    ] = "",
    plan: Annotated[bool, typer.Option("--plan", help="Print keys and bytes, and read nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Read even where the array changed since it was catalogued.")] = False,
    missing: Annotated[str, typer.Option("--missing", help=MISSING_HELP)] = "fill",
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="FILE.jsonld", help="Write where the values come from; or .ttl, .nt.")
    ] = None,
    register: Annotated[bool, typer.Option("--register", help="With --save OUT.zarr: catalogue what was written.")] = False,
    dataset_id: Annotated[str, typer.Option("--id", help="With --register: the id of the new dataset.")] = "",
    agent: Annotated[str, typer.Option("--agent", help="With --record or --register: who reads, as a name or an IRI.")] = "",
) -> None:
    """Read the arrays that an IRI or a query leads to, or parts of them: only the chunks that are touched."""
    _check_asked(iri, query, save, plan=plan)
    query = _query_text(query)
    wanted = Wanted(save, record, query=query, select=select, register=register, dataset_id=dataset_id, agent=agent)
    at = Points(points, _query_text(points_query), points_in, tolerance, level)
    at.check(alone=not query)
    wanted.check(plan=plan, points=at.wanted, missing=missing)
    settings = load_settings()
    if at.wanted:
        _points(settings, iri, at, replace(wanted, query=at.query), force=force, plan=plan, as_json=as_json)
        return
    planned = _planned(settings, iri, query, column, select, level, force=force)
    if plan or as_json:
        _say_plans(planned, iri, as_json=as_json, several=bool(query))
    if wanted.recorded and not plan:
        save_recorded(settings, planned, wanted, _options(settings, force=force, missing=missing))
    elif save and not plan:
        _save(settings, planned, Path(save), _options(settings, force=force, missing=missing))


def _check_asked(iri: str, query: str, save: str, *, plan: bool) -> None:
    if bool(iri) == bool(query):
        raise InputError("give an IRI, or --query with a SELECT or a file that holds one")
    if not plan and not save:
        raise InputError("say where the values go with --save OUT.npy, or ask for the --plan")


def _options(settings: "Settings", *, force: bool, missing: str = "fill") -> "ReadOptions":
    from catalog.services.read import ReadOptions

    options = ReadOptions(plan_limits(settings), lambda: store_access(settings), force, note)
    if missing == "fill":
        return options
    from catalog.bridge.missing import parse_missing  # NumPy takes time that a plan does not need

    return replace(options, missing=parse_missing(missing))


def _planned(settings: "Settings", iri: str, query: str, column: str, select: str, level: str, *, force: bool) -> "list[Planned]":
    from catalog.bridge.levels import parse_level
    from catalog.services.read import plan_query, plan_read

    options, wish = _options(settings, force=force), parse_level(level)
    with open_reader(settings) as (store, _):
        if iri:
            planned = [plan_read(store, iri, select, options, wish)]
        else:
            timeout = settings.query_timeout_s
            planned = plan_query(store, query, column=column or None, select=select, timeout=timeout, options=options, level=wish)
    for each in planned:
        if iri and each.ref.inferred:
            note(f"inferred: the graph only links to {iri}; what it links from holds {each.ref.iri}")
        for text in each.notes:
            note(text)
    return planned


def _query_text(query: str) -> str:
    """The text of a query; what has no brace is the name of a file that holds one, and ``-`` is standard input."""
    if query == "-":
        return sys.stdin.read()
    if "{" in query or not query:
        return query
    try:
        return Path(query).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"the query file {query!r} cannot be read: {error}") from error


def _save(settings: "Settings", planned: "list[Planned]", output: Path, options: "ReadOptions") -> None:
    from catalog.services.read import ENDINGS, paths_for, save

    paths = paths_for(planned, output, folder=len(planned) > 1 and output.suffix not in ENDINGS)
    if paths and paths[0].parent != output.parent:
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"the folder {str(output)!r} cannot be made: {error}") from error
    with open_reader(settings) as (store, _):
        for each, path in zip(planned, paths, strict=True):
            shape = save(each, path, options, store)
            say(f"{path}: shape {shape} from {each.plan.chunks} chunks of {each.ref.iri}")


def _points(settings: "Settings", iri: str, at: Points, wanted: Wanted, *, force: bool, plan: bool, as_json: bool) -> None:
    """Say what reading values at points costs, or read them."""
    from catalog.bridge.points import plan_points
    from catalog.services.provenance import now

    started, options = now(), _options(settings, force=force)
    placed = find_points(settings, iri, at, wanted.select, options)
    if plan or as_json:
        ref, found = placed.part.ref, plan_points(placed.part.ref, placed.places)
        if as_json:
            say_json({"iri": ref.iri, "inferred": ref.inferred, **found.to_dict()})
        else:
            used = f"{found.used:,} of {found.plan.decoded_elements:,} elements are used"
            say(f"{ref.iri} in {ref.location}")
            _say_figures(found.plan, f"{found.points:,} points; {used}", found.keys())
    if not plan:
        save_points(settings, placed, wanted, options, started)


def _say_plans(planned: "list[Planned]", iri: str, *, as_json: bool, several: bool) -> None:
    for each in planned:
        if not as_json:
            _say_plan(each)
            continue
        row = {"row": each.row} if several else {}
        inferred = each.ref.inferred if iri else any(text.startswith("inferred: ") for text in each.notes)
        say_json({"iri": each.ref.iri, "inferred": inferred, **row, **each.plan.to_dict()})


def _say_plan(planned: "Planned") -> None:
    say(f"{planned.ref.iri} in {planned.ref.location}")
    _say_figures(planned.plan, f"shape {planned.plan.shape}", planned.plan.keys())


def _say_figures(plan: "ChunkPlan", what: str, keys: "Iterable[str]") -> None:
    size = "of varying size" if plan.result_bytes is None else f"{plan.result_bytes:,} bytes"
    decoded = "" if plan.decoded_bytes is None else f", {plan.decoded_bytes:,} bytes decoded"
    say(f"{what}, {size}; {plan.objects:,} objects, {plan.chunks:,} chunks{decoded}")
    say(_cost(plan))
    for key in islice(keys, MAX_KEYS):
        say(f"  {key}")
    if plan.objects > MAX_KEYS:
        say(f"  … and {plan.objects - MAX_KEYS:,} more")


def _cost(plan: "ChunkPlan") -> str:
    """Requests and stored bytes, as far as the metadata tell."""
    stored = "stored size not known" if plan.stored_bytes is None else f"at most {plan.stored_bytes:,} bytes stored"
    if plan.requests is not None:
        return f"{plan.requests:,} requests, {stored}"
    return f"{plan.least_requests:,} to {plan.most_requests:,} requests, {stored}: the indexes of shards say how many"
