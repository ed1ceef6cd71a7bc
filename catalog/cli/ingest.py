"""``ingest`` and ``validate``: from stores to linked data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.bootstrap import open_workspace
from catalog.cli.output import note, progress, say, say_error, say_json, say_problems
from catalog.errors import CatalogError, InputError, NonConformantError, exit_code_of
from catalog.settings import load_settings

if TYPE_CHECKING:
    from catalog.services.outcome import IngestResult

Urls = Annotated[list[str], typer.Argument(metavar="URL...", help="Paths or URLs of Zarr stores.")]
Shapes = Annotated[Path | None, typer.Option("--shapes", help="Folder of shapes to apply beside the built-in ones.")]
MetadataKey = Annotated[str, typer.Option("--metadata-key", help="Key of the consolidated metadata, such as .all_metadata.")]
ReportFile = Annotated[Path | None, typer.Option("--report", help="Write the SHACL report to a file: .ttl, .json or .txt.")]
Require = Annotated[list[str] | None, typer.Option("--require", help="A profile whose violations block; may be given again.")]
Strict = Annotated[bool, typer.Option("--strict", help="Take nothing of a store whose documents have errors or warnings.")]
Freshness = Annotated[str, typer.Option("--freshness", help="Check consolidated metadata: skip, hint or prove.")]
Trust = Annotated[str, typer.Option("--trust", help="What counts where they are stale: members or consolidated.")]
NoExtents = Annotated[bool, typer.Option("--no-extents", help="Read no values of coordinates: extents only as attributes state.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object per store and line.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("ingest")(ingest)
    app.command("validate")(validate)


def ingest(
    urls: Urls,
    dataset_id: Annotated[str, typer.Option("--id", help="Id of the dataset; one store only.")] = "",
    access: Annotated[str, typer.Option(help="public or restricted; restricted by default where a login was needed.")] = "",
    shapes: Shapes = None,
    metadata_key: MetadataKey = "",
    relocate: Annotated[bool, typer.Option("--relocate", help="The dataset of that id has moved to this URL.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read, describe and validate, and write nothing.")] = False,
    strict: Strict = False,
    freshness: Freshness = "",
    trust: Trust = "members",
    require: Require = None,
    no_extents: NoExtents = False,
    report: ReportFile = None,
    as_json: AsJson = False,
) -> None:
    """Describe Zarr stores as linked data, validate it, and put it in force."""
    if dataset_id and len(urls) > 1:
        raise InputError(f"--id names one dataset, and {len(urls)} URLs are given; ingest them one by one")
    if relocate and not dataset_id:
        raise InputError("--relocate needs --id: which dataset has moved?")
    if access not in {"", "public", "restricted"}:
        raise InputError(f"--access is {access!r}; public or restricted is allowed")
    given: dict[str, object] = {
        "dataset_id": dataset_id or None,
        "access": access or None,
        "relocate": relocate,
        "dry_run": dry_run,
        "strict": strict,
    }
    given |= _checked(freshness, trust)
    given |= {"metadata_key": metadata_key or None, "require": tuple(require or ()), "extents": not no_extents}
    _run(urls, shapes, report, as_json, given)


def validate(
    urls: Urls,
    shapes: Shapes = None,
    metadata_key: MetadataKey = "",
    strict: Strict = False,
    freshness: Freshness = "",
    trust: Trust = "members",
    require: Require = None,
    no_extents: NoExtents = False,
    report: ReportFile = None,
    as_json: AsJson = False,
) -> None:
    """Say whether the shapes would accept stores; nothing is written."""
    given: dict[str, object] = {"dry_run": True, "strict": strict, **_checked(freshness, trust)}
    given |= {"metadata_key": metadata_key or None, "require": tuple(require or ()), "extents": not no_extents}
    _run(urls, shapes, report, as_json, given)


def _checked(freshness: str, trust: str) -> dict[str, object]:
    """The two options, if they are allowed; the setting stands in for a freshness that was not given."""
    if freshness not in {"", "skip", "hint", "prove"}:
        raise InputError(f"--freshness is {freshness!r}; skip, hint or prove is allowed")
    if trust not in {"members", "consolidated"}:
        raise InputError(f"--trust is {trust!r}; members or consolidated is allowed")
    return {"freshness": freshness or load_settings().freshness, "trust": trust}


def _run(urls: list[str], shapes: Path | None, report: Path | None, as_json: bool, given: dict[str, object]) -> None:
    """Take the stores one by one; one that fails does not keep the others from their turn."""
    if report is not None:
        _check_report(report, urls)
    from catalog.services.ingest import ingest as run_ingest
    from catalog.services.outcome import failed
    from catalog.services.request import IngestRequest

    worst = 0
    with open_workspace(load_settings(), shapes=shapes) as workspace:
        for remark in workspace.shapes.notes:
            note(f"shapes: {remark}")
        for url in urls:
            try:
                with progress() as show:
                    result = run_ingest(workspace, IngestRequest(url, **given), show)  # type: ignore[arg-type]
            except CatalogError as error:
                result = failed(error, url)
            if report is not None and result.report is not None:
                _write_report(report, result)
            if as_json:
                say_json(result.to_dict())
            elif result.error is not None:
                say_error(result.error)
            else:
                _show(result, dry_run=bool(given["dry_run"]))
            worst = max(worst, _exit_code(result))
    if worst:
        raise SystemExit(worst)


def _check_report(path: Path, urls: list[str]) -> None:
    if path.suffix not in {".ttl", ".json", ".txt"}:
        raise InputError(f"--report is {str(path)!r}; a name that ends in .ttl, .json or .txt is allowed")
    if len(urls) > 1:
        raise InputError(f"--report holds one report, and {len(urls)} URLs are given; take them one by one")
    if not path.absolute().parent.is_dir():
        raise InputError(f"--report is {str(path)!r}; its folder does not exist")


def _write_report(path: Path, result: "IngestResult") -> None:
    from catalog.validation.report import to_json, to_text, to_turtle

    assert result.report is not None  # noqa: S101 - the caller looked
    write = {".ttl": to_turtle, ".json": to_json, ".txt": to_text}[path.suffix]
    try:
        path.write_text(write(result.report).rstrip("\n") + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"--report cannot be written: {error}") from error


def _exit_code(result: "IngestResult") -> int:
    if result.error is not None:
        return exit_code_of(result.error)
    return 0 if result.accepted else exit_code_of(NonConformantError(""))


def _show(result: "IngestResult", *, dry_run: bool) -> None:
    from catalog.validation.report import to_problems, to_text

    state = (
        "would be " * dry_run
        + ("accepted" if result.accepted else "refused")
        + ("" if result.changed or dry_run else ", unchanged")
    )
    say(f"{result.id}  {state}  {result.iri}")
    whole = "" if result.complete else ", not complete"
    route = f"{result.route} ({result.container})" if result.container else result.route
    read = f"read by {route} in {result.requests} request{'s' * (result.requests != 1)}{whole}"
    stale = f" ({result.disagreements} disagreement{'s' * (result.disagreements != 1)})" if result.disagreements else ""
    checks = result.freshness_requests
    read += f", freshness {result.fresh}{stale} in {checks} request{'s' * (checks != 1)}"
    say(f"  {result.groups} groups, {result.arrays} arrays, {result.triples} triples, {result.access}; {read}")
    if result.report is not None and result.report.results:
        for line in to_text(result.report).splitlines():
            say(f"  {line}")
    shown = set(to_problems(result.report)) if result.report else set()
    say_problems([problem for problem in result.problems if problem not in shown])
    if not result.accepted and not dry_run:
        note("  the last accepted state, if any, stays in force; the refused one is in the graph …/rejected")
