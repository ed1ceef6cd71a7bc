"""``find`` and ``explain``: which stores are there, and what happens to one on its way into the catalogue? Neither writes."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.bootstrap import open_credentials, open_outgoing, open_workspace
from catalog.cli.output import note, plain, say, say_json, say_problems
from catalog.errors import exit_code_of
from catalog.settings import load_settings

if TYPE_CHECKING:
    from catalog.errors import Problem
    from catalog.services.explain import Explanation
    from catalog.stores.find import Candidate

MAX_STEPS = 12
MAX_KEYS = 30


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("find")(find)
    app.command("explain")(explain)


def find(
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help="A folder, s3://bucket/prefix, or a URL that lists.")],
    max_folders: Annotated[int, typer.Option(min=1, help="Folders to look into.")] = 10_000,
    max_depth: Annotated[int, typer.Option(min=0, help="Folders below each other.")] = 16,
    max_seconds: Annotated[float, typer.Option(min=0, help="Time for the whole search.")] = 600.0,
    only_stores: Annotated[bool, typer.Option("--only-stores", help="Leave out zip and reference files told by name.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line; the last one sums up.")] = False,
) -> None:
    """List the Zarr stores below a prefix, one URL a line, as they are found; what was left out goes to standard error."""
    from catalog.services.find import find as run
    from catalog.stores.find import FindLimits

    settings = load_settings()

    def tell(item: "Candidate | Problem") -> None:
        _tell_json(item) if as_json else _tell(item)
        sys.stdout.flush()

    result = run(
        prefix,
        tell,
        credentials=open_credentials(settings),
        outgoing=open_outgoing(settings),
        limits=FindLimits(max_folders, max_depth, max_seconds),
        only_stores=only_stores,
    )
    if as_json:
        say_json({"summary": result.to_dict()})
        return
    whole = "" if result.complete else "; not everything was looked at, see above"
    requests = f"{result.requests} requests, {result.listings} of them lists"
    note(f"{result.found} found in {result.folders} folders, with {requests}{whole}")


def _tell_json(item: "Candidate | Problem") -> None:
    from catalog.errors import Problem

    if isinstance(item, Problem):
        say_json({"left_out": item.to_dict()})
    else:
        say_json({"url": item.location, "kind": item.kind, "zarr_format": item.zarr_format})


def _tell(item: "Candidate | Problem") -> None:
    from catalog.errors import Problem

    if isinstance(item, Problem):
        note(f"left out: /{item.path}: {item.message} [{item.kind}]")
    else:
        say(item.location.replace("'", "%27"))  # the same URL, and none that xargs would take for a quotation


def explain(
    target: Annotated[str, typer.Argument(metavar="URL-or-ID", help="A store's path or URL, or a dataset's id or IRI.")],
    node: Annotated[list[str] | None, typer.Option("--node", metavar="PATH", help="Why is this node found, or not?")] = None,
    uri: Annotated[
        list[str] | None, typer.Option("--uri", metavar="URI", help="Why does this URI lead to arrays, or not?")
    ] = None,
    metadata_key: Annotated[str, typer.Option("--metadata-key", help="Key of the consolidated metadata to use.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what happens to a store from its URL to the index, and why something is or is not found."""
    from catalog.services.explain import explain as run

    with open_workspace(load_settings(), writable=False) as workspace:
        found = run(workspace, target, nodes=tuple(node or ()), uris=tuple(uri or ()), metadata_key=metadata_key or None)
    if as_json:
        say_json(found.to_dict())
    else:
        for line in _lines(found):
            say(line)
        say_problems(found.problems)
    if found.error is not None:
        raise SystemExit(exit_code_of(found.error))


def _lines(found: "Explanation") -> Iterator[str]:
    yield f"store       {found.location}"
    with_what = f"with the credential for {found.credential}" if found.credential else "no credential"
    yield f"            by {found.protocol}, {with_what}"
    yield from _route(found)
    if found.error is not None:
        yield f"            stopped: {found.error} [{found.error.code}]"
    yield from _mapping(found)
    yield from _shapes(found)
    yield from _index(found)
    for verdict in found.verdicts:
        yield f"{'found' if verdict.found else 'not found':<11} {verdict.asked}"
        yield from (f"            {reason}" for reason in verdict.reasons)
        if verdict.near:
            yield f"            near: {', '.join(verdict.near)}"


def _route(found: "Explanation") -> Iterator[str]:
    from catalog.services.explain import why_route

    outcomes = Counter(step.outcome for step in found.steps)
    if found.harvest is not None:
        harvest = found.harvest
        whole = "complete" if harvest.complete else "not complete"
        yield f"route       {harvest.route}, {harvest.requests} requests, {whole}, freshness {harvest.fresh}"
        yield f"            {why_route(harvest, found.steps)}"
    for step in found.steps[:MAX_STEPS]:
        size = f" ({step.size:,} bytes)" if step.outcome == "found" and step.key else ""
        yield f"            {step.way:<7}{plain(step.key or '/')}: {step.outcome}{size}"
    if len(found.steps) > MAX_STEPS:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
        yield f"            … {len(found.steps)} in all: {counts}"
    if found.hierarchy is not None:
        formats = ", ".join(f"v{each}" for each in found.hierarchy.zarr_formats)
        yield f"metadata    {len(found.hierarchy.groups)} groups, {len(found.hierarchy.arrays)} arrays, Zarr {formats}"


def _mapping(found: "Explanation") -> Iterator[str]:
    if found.description is None:
        return
    others = sorted(set(found.known_conventions) - set(found.conventions))
    yield f"mapping     {found.description.triples} triples; conventions: {', '.join(found.conventions) or 'none applies'}"
    if others:
        yield f"            that do not apply: {', '.join(others)}"
    for kind, keys in found.wanted.items():
        if keys:
            yield f"            beside the metadata an ingest reads ({kind}): {', '.join(keys[:5])}{' …' * (len(keys) > 5)}"
    for fate in found.keys[:MAX_KEYS]:
        yield f"            {fate.key}: {fate.became}, in {fate.nodes} node{'s' * (fate.nodes != 1)}, first /{fate.paths[0]}"
    if len(found.keys) > MAX_KEYS:
        yield f"            … and {len(found.keys) - MAX_KEYS} more keys (--json lists them all)"


def _shapes(found: "Explanation") -> Iterator[str]:
    report = found.report
    if report is None:
        return
    counts = ", ".join(f"{count} {severity}" for severity, count in report.counts.items() if count) or "nothing found"
    yield f"shapes      {'accept' if report.accepted else 'refuse'}: {counts}"
    spoke = Counter((result.shape_name, result.severity, result.message) for result in report.results)
    for (name, severity, message), count in spoke.most_common(MAX_STEPS):
        yield f"            {severity}: {name}{f', {count} times' * (count > 1)}: {message}"


def _index(found: "Explanation") -> Iterator[str]:
    known = found.known
    yield f"index       {found.state}"
    if known is None:
        yield f"            it would get the id {found.dataset_id}"
        return
    audiences = "everybody" if found.shown else "not the public"
    yield f"            dataset {known.id}, {known.access} (seen by {audiences}), last looked at {known.checked}"
    for title, snapshot in (("in force", known.current), ("refused", known.rejected)):
        if snapshot is not None:
            yield f"            {title}: {snapshot.digest[:12]} of {snapshot.generated}, read by {snapshot.route}"
