"""What becomes of every published store and document, by every route to it?

``make corpora`` (``python -m tests.support.corpora_table``) takes all of them in and writes docs/reference/corpora.md anew; a
conformance test compares that page with what it finds itself.
"""

import gzip
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.errors import CatalogError, Problem
from catalog.rdf.hierarchy import read_conventions
from catalog.services.ingest import ingest
from catalog.services.outcome import IngestResult
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.validation.pyshacl_validator import PyShaclValidator
from catalog.validation.report import to_problems
from tests.support.corpora import ROOT, find_corpora
from tests.support.http_server import Reply, WebServer
from tests.support.workspace import open_test_workspace

PAGE = ROOT / "docs" / "reference" / "corpora.md"
COMMAND = "make corpora"

CONSOLIDATED = (".zmetadata", ".all_metadata", "zmetadata")
"""Names of consolidated documents of v2; one of v3 is inside a ``zarr.json``."""

WALKED = (
    "cfdm/example_field_0.zarr2",
    "modos-api/v2-2025-09-30/data/ex/data.zarr",
    "netcdf-c/ref_consolidated_zarr_2.18.2_python.zarr",
    "ngio/v04/images/test_image_tczyx.zarr",
    "ngio/v05/images/test_image_tczyx.zarr",
    "ome-zarr-models/examples/v04/hcs_example.ome.zarr",
    "titiler-xarray-history/tests/fixtures/test_zarr_store_misordered_coords.zarr",
    "titiler-xarray/test_zarr_store.zarr",
    "vitessce/anndata-0.11/anndata-csr.adata.zarr",
    "xcube/cube-1-250-250.levels/1.zarr",
    "zarr-java/ome/v0.4_hcs",
    "zarr-java/ome/v0.5_hcs",
    "zarr-linked-data/test_store.zarr",
    "zarrita-js/v2/data.zarr",
)
"""Stores that are also read from a server that lists nothing and gives no consolidated document: one or two of a corpus."""

_INDEXES = (".json", ".gz", ".parquet")
_CORPORA_OF_FILES = ("kerchunk", "netcdf-c")
_SHOWN_REASON = 160

ROUTES = {
    "listing": "the folder lists what it holds, and each document is read",
    "single": "the root is an array",
    "consolidated": "one document in the folder, as it stands (`--freshness skip`)",
    "prove": "the same, compared with the members (`--freshness prove`); where they disagree, the members count",
    "walk": "a web server that lists nothing and has no consolidated document: names in metadata lead on; a sample",
    "zip": "one zip file",
    "tree": "one JSON of a whole hierarchy (`members`)",
    "references": "kerchunk references; what they point to is not here, so no values are read (`--no-extents`)",
    "document": "the consolidated document alone, named as the store",
    "file": "other files beside stores, named as a store: each has to be refused",
}


@dataclass(frozen=True, order=True)
class Case:
    """One store or document below the corpora, and how it is asked for.

    Attributes
    ----------
    asked
        ``folder``, or a key of `ROUTES`.
    """

    name: str
    asked: str

    @property
    def corpus(self) -> str:
        """The folder of the corpora that it is from."""
        return self.name.partition("/")[0]


@dataclass(frozen=True)
class Outcome:
    """What came of one case: a result with the conventions that it follows, or an error."""

    case: Case
    result: IngestResult | None = None
    conventions: tuple[str, ...] = ()
    error: CatalogError | None = None

    def route(self, consolidated: Collection[str]) -> str:
        """The row that it belongs to; ``consolidated`` names the stores that hold a consolidated document."""
        if self.case.asked != "folder":
            return self.case.asked
        if self.result is not None:
            return self.result.route
        return "consolidated" if self.case.name in consolidated else "listing"

    @property
    def found(self) -> tuple[Problem, ...]:
        """Problems of reading and describing; what shapes say is not among them."""
        if self.result is None or self.result.report is None:
            return ()
        return self.result.problems[: len(self.result.problems) - len(to_problems(self.result.report))]


# -- what there is


def find_cases(corpora: Path) -> list[Case]:
    """Every store and document, by content; stores of expected.json, and whatever holds a consolidated document."""
    cases = {Case(name, "folder") for name in json.loads((corpora / "expected.json").read_text())}
    cases |= {Case(name, "walk") for name in WALKED}
    for path in _files(corpora):
        name, kind = path.relative_to(corpora).as_posix(), kind_of(path)
        if kind == "document":
            folder = path.parent.relative_to(corpora).as_posix()
            cases |= {Case(name, "document"), Case(folder, "folder"), Case(folder, "prove")}
        elif kind:
            cases.add(Case(name, kind))
        elif name.partition("/")[0] in _CORPORA_OF_FILES and name.endswith(_INDEXES) and path.name != "zarr.json":
            cases.add(Case(name, "file"))
    return sorted(cases)


def _files(corpora: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(corpora):
        yield from (Path(folder, name) for name in names)


def kind_of(path: Path) -> str:
    """What a file holds, by its content alone: ``zip``, ``tree``, ``references``, ``document``, or nothing of these."""
    data = path.read_bytes()
    if data[:4] in {b"PK\3\4", b"PK\5\6"}:
        return "zip"
    if path.name in CONSOLIDATED:
        return "document"
    value = loaded(data)
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict):
        return ""
    if isinstance(first.get("refs"), dict):
        return "references"
    if isinstance(first.get("consolidated_metadata"), dict):
        return "document"
    return "tree" if isinstance(first.get("members"), dict) and "zarr_format" in first else ""


def loaded(data: bytes) -> Any:
    """The JSON value, inflated where it is compressed; None for anything else."""
    try:
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        return json.loads(data) if data.lstrip()[:1] in {b"{", b"["} else None
    except (ValueError, OSError):
        return None


# -- what becomes of it


def take_all(corpora: Path, folder: Path) -> list[Outcome]:
    """Ingest every case, into deployments below a folder."""
    cases = find_cases(corpora)
    hidden = set(CONSOLIDATED)
    with ExitStack() as stack:
        validator = PyShaclValidator()
        # One location is one dataset: what is asked for in two ways is kept in two places.
        kept = {
            name: stack.enter_context(open_test_workspace(folder / name, validator)) for name in ("folder", "prove", "document")
        }
        server = stack.enter_context(WebServer(corpora, listing=403))
        server.script = lambda request: Reply(404) if request.path.rpartition("/")[2] in hidden else None
        places = {"walk": server.url}
        return [
            _take(kept.get(case.asked, kept["folder"]), case, f"{places.get(case.asked, str(corpora))}/{case.name}")
            for case in cases
        ]


def _take(workspace: Workspace, case: Case, url: str) -> Outcome:
    freshness = "prove" if case.asked == "prove" else "skip"
    request = IngestRequest(url, freshness=freshness, extents=case.asked != "references")  # type: ignore[arg-type]
    try:
        result = ingest(workspace, request)
    except CatalogError as error:
        return Outcome(case, error=error)
    part = "" if result.accepted else "rejected"
    graph = workspace.catalog.read_graph(workspace.iris.graph(result.id, part))
    return Outcome(case, result, read_conventions(graph))


# -- the page


def format_page(outcomes: Sequence[Outcome], corpora: Path) -> str:
    """The page: what was taken and refused by corpus and route, and why."""
    consolidated = {outcome.case.name for outcome in outcomes if outcome.case.asked == "prove"}
    rows: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        rows.setdefault((outcome.case.corpus, outcome.route(consolidated)), []).append(outcome)
    order = list(ROUTES)
    keys = sorted(rows, key=lambda key: (key[0], order.index(key[1])))
    return "\n".join(
        [
            *_HEAD,
            *(f"- **{route}**: {meaning}" for route, meaning in ROUTES.items()),
            "",
            _total(outcomes),
            "",
            *_TABLE,
            *(_row(*key, rows[key]) for key in keys),
            "",
            *_REFUSED,
            *(line for key in keys for line in _refusals(key[1], rows[key], corpora)),
            "",
            *_copies(outcomes),
            "",
        ]
    )


_HEAD = (
    "# Published stores",
    "",
    f"What the catalogue makes of every store and document in the corpora, by every route. `{COMMAND}` writes this page; a",
    "conformance test takes all of them in anew and compares. The nodes are counted by other means in",
    "`tests/conformance/test_every_document.py`.",
    "",
    "Routes:",
    "",
)
_TABLE = (
    "Columns: stores or documents asked for; of them accepted, and refused by which error code; groups and arrays described;",
    "stores that follow a convention; [problems](problems.md) of reading and describing, by kind; results of shapes, by profile",
    "(`core` are all that belong to none).",
    "",
    "| corpus | route | asked | accepted | refused | groups | arrays | conventions | problems | shapes |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
)


def _row(corpus: str, route: str, outcomes: Sequence[Outcome]) -> str:
    results = [outcome.result for outcome in outcomes if outcome.result is not None]
    refused = Counter(outcome.error.code for outcome in outcomes if outcome.error is not None)
    refused["non-conformant"] = sum(not result.accepted for result in results)
    reports = [result.report for result in results if result.report is not None]
    cells = (
        corpus,
        route,
        len(outcomes),
        sum(result.accepted for result in results),
        _counted(refused),
        sum(result.groups for result in results),
        sum(result.arrays for result in results),
        _counted(Counter(name for outcome in outcomes for name in outcome.conventions)),
        _counted(Counter(problem.kind for outcome in outcomes for problem in outcome.found)),
        _counted(Counter(each.profile or "core" for report in reports for each in report.results)),
    )
    return f"| {' | '.join(map(str, cells))} |"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if count)


def _total(outcomes: Sequence[Outcome]) -> str:
    accepted = [outcome for outcome in outcomes if outcome.result is not None and outcome.result.accepted]
    corpora = len({outcome.case.corpus for outcome in outcomes})
    refused = len(outcomes) - len(accepted)
    return f"{len(outcomes)} questions about what {corpora} corpora hold: {len(accepted)} accepted, {refused} refused."


_REFUSED = ("## What is refused, and why", "", "| what | route | code | reason |", "| --- | --- | --- | --- |")


def _refusals(route: str, outcomes: Iterable[Outcome], corpora: Path) -> Iterator[str]:
    """A line for each reason; files that are refused for the same one are counted."""
    names: dict[tuple[str, str], list[str]] = {}
    for outcome in outcomes:
        if outcome.error is not None:
            reason = reason_of(outcome.error, outcome.case, corpora)
            names.setdefault((outcome.error.code, reason), []).append(outcome.case.name)
        elif outcome.result is not None and not outcome.result.accepted:
            worst = next(problem for problem in outcome.result.problems if problem.severity == "error")
            names.setdefault(("non-conformant", _cell(worst.message)), []).append(outcome.case.name)
    for (code, reason), found in names.items():
        yield f"| {_named(found)} | {route} | `{code}` | {reason} |"


def _named(names: Sequence[str]) -> str:
    """One name, or how many there are and what they have in common."""
    if len(names) == 1:
        return names[0]
    endings = ", ".join(sorted({f"*{Path(name).suffix}" for name in names}))
    return f"{os.path.commonpath(names)}: {len(names)} files {endings}"


def reason_of(error: CatalogError, case: Case, corpora: Path) -> str:
    """The error's message without where the corpora lie, in one cell of a table."""
    text = str(error)
    for place in (f"{corpora.as_uri()}/{case.name}", f"{corpora}/{case.name}"):
        text = text.replace(repr(place), "it").replace(place, "it")
    return _cell(text)


def _cell(text: str) -> str:
    text = " ".join(text.split()).replace("|", "\\|")
    return text if len(text) <= _SHOWN_REASON else f"{text[:_SHOWN_REASON].rpartition(' ')[0]} …"


def _copies(outcomes: Iterable[Outcome]) -> Iterator[str]:
    yield from ("## Consolidated copies that are not what the members say", "")
    yield from ("| store | disagreements | taken |", "| --- | --- | --- |")
    for outcome in outcomes:
        if outcome.case.asked == "prove" and outcome.result is not None and outcome.result.fresh != "proven":
            kinds = Counter(problem.kind for problem in outcome.found if problem.kind.startswith("stale-") and problem.path)
            taken = "members" if outcome.result.route == "members" else "the copies"
            yield f"| {outcome.case.name} | {_counted(kinds)} | {taken} |"


def main() -> int:
    """Write the page."""
    corpora = find_corpora()
    if not corpora.is_dir():
        print(f"no corpora at {corpora}: set CATALOG_CORPORA to their folder")  # noqa: T201
        return 1
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(format_page(take_all(corpora, Path(folder)), corpora))
    return 0


if __name__ == "__main__":
    sys.exit(main())
