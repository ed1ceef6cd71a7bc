"""``curate``, ``waive`` and ``reference``: what people add to what stores say."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from catalog.bootstrap import open_reader, open_workspace
from catalog.cli.output import note, say, say_json, say_table
from catalog.errors import InputError
from catalog.settings import load_settings

if TYPE_CHECKING:
    from catalog.validation.report import Report

Name = Annotated[str, typer.Argument(metavar="ID-or-IRI", help="The dataset.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

references = typer.Typer(help="Ontologies, taxonomies and exports of other systems, beside the datasets.", no_args_is_help=True)


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("curate")(curate)
    app.command("waive")(waive)
    references.command("add")(add)
    references.command("list")(list_)
    references.command("delete")(delete)
    app.add_typer(references, name="reference")


def curate(
    name: Name,
    file: Annotated[Path | None, typer.Argument(help="RDF file that becomes the curated graph; <> in it is the dataset.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="PROPERTY=VALUE", help="Such as title='North Sea'; may be given again.")
    ] = None,
    unset: Annotated[list[str] | None, typer.Option("--unset", metavar="PROPERTY", help="Take a property's values out.")] = None,
    node: Annotated[str | None, typer.Option("--node", help="Path of the node that --set and --unset are about.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take everything out first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what the store of a dataset does not: title, licence, sample, a correction. Kept through every ingest."""
    from catalog.services.curate import Curation, read_curated
    from catalog.services.curate import curate as run_curate

    with open_workspace(load_settings()) as workspace:
        if file is None and not setting and not unset and not clear:
            say(read_curated(workspace, name).decode().rstrip("\n"))
            return
        result = run_curate(workspace, name, Curation(clear, file, unset or (), setting or (), node))
    if as_json:
        accepted = None if result.report is None else result.report.accepted
        say_json({"id": result.dataset.id, "statements": result.statements, "changed": result.changed, "accepted": accepted})
        return
    say(f"{result.dataset.id}  {result.statements} curated statements{'' if result.changed else ', unchanged'}")
    _show_report(result.report)


def waive(
    name: Name,
    shape: Annotated[str, typer.Argument(help="IRI of the shape, or its name in reports, such as cf/units.")],
    owner: Annotated[str, typer.Option(help="Who answers for it.")] = "",
    until: Annotated[str, typer.Option(help="The last day, YYYY-MM-DD in UTC.")] = "",
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the waiver back.")] = False,
) -> None:
    """Let a dataset pass a shape for a time; somebody answers for it."""
    from catalog.services.waive import revoke as run_revoke
    from catalog.services.waive import waive as run_waive

    with open_workspace(load_settings()) as workspace:
        if revoke:
            dataset = run_revoke(workspace, name, shape)
        else:
            if not (owner and until and reason):
                raise InputError("a waiver needs --owner, --until and --reason")
            dataset = run_waive(workspace, name, shape, owner=owner, until=until, reason=reason)
    state = "in force" if dataset.rejected is None and dataset.current else "its newest state is still refused"
    say(f"{dataset.id}  {len(dataset.waivers)} waivers; {state}")


def add(
    file: Annotated[Path, typer.Argument(help="RDF file: .ttl, .nt, .jsonld, .rdf or .owl.")],
    name: Annotated[str, typer.Option(help="What it shall be called; the file's name by default.")] = "",
    access: Annotated[Literal["public", "restricted"], typer.Option(help="Who may see it.")] = "restricted",
) -> None:
    """Load a file as a reference graph, or replace the one of that name."""
    from catalog.services.judging import MAX_JUDGED_TRIPLES
    from catalog.services.reference import add_reference

    with open_workspace(load_settings()) as workspace:
        reference, changed = add_reference(workspace, file, name, access)
    say(f"{reference.name}  {reference.triples} triples, {reference.access}{'' if changed else ', unchanged'}  {reference.graph}")
    if reference.triples > MAX_JUDGED_TRIPLES:
        note(f"it has more than {MAX_JUDGED_TRIPLES} triples: it can be asked, and takes no part in validation")


def list_(as_json: AsJson = False) -> None:
    """List the reference graphs."""
    from catalog.services.reference import list_references

    with open_reader(load_settings()) as (store, iris):
        found = list_references(store, iris)
    if as_json:
        for each in found:
            say_json(
                {"name": each.name, "graph": each.graph, "triples": each.triples, "access": each.access, "added": each.added}
            )
        return
    say_table(("name", "triples", "access", "added", "graph"), [(r.name, r.triples, r.access, r.added, r.graph) for r in found])


def delete(name: Annotated[str, typer.Argument(help="The reference graph.")]) -> None:
    """Remove a reference graph."""
    from catalog.services.reference import delete_reference

    with open_workspace(load_settings()) as workspace:
        reference = delete_reference(workspace, name)
    say(f"removed {reference.graph}")


def _show_report(report: "Report | None") -> None:
    from catalog.validation.report import to_text

    if report is not None and report.results:
        for line in to_text(report).splitlines():
            say(f"  {line}")
