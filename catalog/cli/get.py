"""``get``: from an IRI to values."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.bootstrap import open_reader, plan_limits, store_access
from catalog.cli.output import note, say, say_json
from catalog.errors import InputError
from catalog.settings import load_settings

if TYPE_CHECKING:
    from catalog.services.read import Planned

MAX_KEYS = 1000


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("get")(get)


def get(
    iri: Annotated[str, typer.Argument(metavar="IRI", help="An array's IRI, or any URI in the metadata.")],
    output: Annotated[Path | None, typer.Option("--save", metavar="OUT.npy", help="File to write.")] = None,
    select: Annotated[str, typer.Option("--select", help="Such as 'time=0:10,lat=5': names or dim0…, half-open.")] = "",
    plan: Annotated[bool, typer.Option("--plan", help="Print keys and bytes, and read nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Read even where the array changed since it was catalogued.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Read the array that an IRI leads to, or a part of it: only the chunks that are touched."""
    from catalog.services.read import plan_read, save

    if not plan and output is None:
        raise InputError("say where the values go with --save OUT.npy, or ask for the --plan")
    settings = load_settings()
    with open_reader(settings) as (store, _):
        planned = plan_read(store, iri, select)
    if planned.ref.inferred:
        note(f"inferred: the graph only links to {iri}; what it links from holds {planned.ref.iri}")
    if plan or as_json:
        if as_json:
            say_json({"iri": planned.ref.iri, "inferred": planned.ref.inferred, **planned.plan.to_dict()})
        else:
            _say_plan(planned)
    if output is not None and not plan:
        shape = save(planned, output, limits=plan_limits(settings), access=store_access(settings), force=force)
        say(f"{output}: shape {shape} from {planned.plan.chunks} chunks of {planned.ref.iri}")


def _say_plan(planned: "Planned") -> None:
    plan = planned.plan
    say(f"{planned.ref.iri} in {planned.ref.location}")
    size = "of varying size" if plan.result_bytes is None else f"{plan.result_bytes:,} bytes"
    decoded = "" if plan.decoded_bytes is None else f", {plan.decoded_bytes:,} bytes decoded"
    say(f"shape {plan.shape}, {size}; {plan.objects:,} objects, {plan.chunks:,} chunks{decoded}")
    for key in islice(plan.keys(), MAX_KEYS):
        say(f"  {key}")
    if plan.objects > MAX_KEYS:
        say(f"  … and {plan.objects - MAX_KEYS:,} more")
