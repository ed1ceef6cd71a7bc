"""``init``, ``list``, ``show``, ``delete``, ``check``: what is in the catalogue, and is it sound?"""

from dataclasses import asdict

import typer

from catalog.bootstrap import AUDIENCES, open_graph_store, open_reader, open_workspace
from catalog.cli.output import say, say_json, say_table
from catalog.errors import GraphStoreUnavailableError
from catalog.services.datasets import list_datasets, show_dataset
from catalog.services.deployment import recorded_base
from catalog.settings import load_settings

JSON = typer.Option(False, "--json", help="Print JSON.")


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("init")(init)
    app.command("list")(list_)
    app.command("show")(show)
    app.command("delete")(delete)
    app.command("check")(check)


def init(base: str = typer.Option("", "--base", help="Base IRI of everything this catalogue names; chosen once.")) -> None:
    """Prepare the graph store and record the base IRI."""
    settings = load_settings()
    with open_workspace(settings, base=base or None) as workspace:
        say(f"the catalogue at {settings.graph_store_kind}:{settings.graph_store_place} names things below {workspace.iris.base}")


def list_(as_json: bool = JSON) -> None:
    """List the datasets."""
    with open_reader(load_settings()) as (store, iris):
        rows = list_datasets(store, iris)
    if as_json:
        for row in rows:
            say_json(asdict(row))
        return
    shown = [(r.id, r.access, r.groups, r.arrays, "newest state refused" if r.rejected else "", r.location) for r in rows]
    say_table(("id", "access", "groups", "arrays", "", "location"), shown)


def show(name: str = typer.Argument(metavar="ID-or-IRI"), as_json: bool = JSON) -> None:
    """Show what is recorded about a dataset."""
    with open_reader(load_settings()) as (store, iris):
        dataset = show_dataset(store, iris, name)
        iri = iris.dataset(dataset.id)
    if as_json:
        say_json({"iri": iri, **asdict(dataset)})
        return
    rows: list[tuple[str, object]] = [
        ("id", dataset.id),
        ("iri", iri),
        ("location", dataset.location),
        ("access", dataset.access),
        ("part of", dataset.part_of or "-"),
        ("checked", dataset.checked),
    ]
    for title, snapshot in (("in force", dataset.current), ("refused", dataset.rejected)):
        if snapshot is None:
            rows.append((title, "-"))
            continue
        rows.append((title, f"{snapshot.digest[:12]} of {snapshot.generated}"))
        rows.append(("", f"{snapshot.groups} groups, {snapshot.arrays} arrays, {snapshot.triples} triples"))
        proved = f", members read at {snapshot.proved}" if snapshot.proved else ""
        stale = f" (disagreements: {snapshot.disagreements})" if snapshot.disagreements else ""
        key = f" ({snapshot.metadata_key})" if snapshot.metadata_key else ""
        rows.append(("", f"read by {snapshot.route}{key}, {snapshot.fresh}{stale}{proved}"))
    say_table(("", ""), rows)


def delete(name: str = typer.Argument(metavar="ID"), yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask.")) -> None:
    """Remove a dataset and all its graphs; archived objects stay."""
    from catalog.services.delete import delete as delete_dataset

    with open_workspace(load_settings()) as workspace:
        dataset = show_dataset(workspace.catalog, workspace.iris, name)
        if not yes:
            typer.confirm(f"Remove {dataset.id} ({dataset.location}) from the catalogue?", abort=True)
        delete_dataset(workspace, dataset.id)
    say(f"removed {dataset.id}")


def check(as_json: bool = JSON) -> None:
    """Say what the graph store can do, and what is missing."""
    settings = load_settings()
    reports = []
    for audience in AUDIENCES:
        store = open_graph_store(settings, audience)
        try:
            reports.append((audience, store.check(), recorded_base(store)))
        finally:
            store.close()
    if as_json:
        say_json([{"audience": audience, "base": base, **asdict(report)} for audience, report, base in reports])
    else:
        for audience, report, base in reports:
            say(f"{audience}: {report.kind} at {report.place}, base IRI {base or 'not recorded yet (catalog init)'}")
            for item in report.checks:
                say(f"  {item.outcome:4}  {item.name}: {item.message}")
    if not all(report.usable for _, report, _ in reports):
        raise GraphStoreUnavailableError("the graph store lacks something that the catalogue needs; see the lines marked 'fail'")
