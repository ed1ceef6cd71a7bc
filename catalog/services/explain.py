"""From a URL to what the catalogue says of it: what was tried, what came of each step, and why something is or is not found.

Nothing is written: the store is read and judged as an ingest would, and compared with what is in force.
"""

import difflib
from dataclasses import asdict, dataclass, field
from typing import Any, cast
from urllib.parse import unquote

from catalog.bridge.node_ref import ask_nodes
from catalog.bridge.uri_lookup import look_up
from catalog.errors import CatalogError, MetadataError, NotFoundError, Problem
from catalog.graphstore.door import GraphStore
from catalog.metadata.dataset import Dataset, Snapshot
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.rdf.conventions import all_wanted, find_conventions, load_conventions
from catalog.rdf.hierarchy import Description, describe
from catalog.rdf.iris import CURATED
from catalog.services.explain_attributes import KeyFate, fates_of_keys
from catalog.services.harvest import read_harvest
from catalog.services.judging import Judging
from catalog.services.registry import Registry, new_id
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.stores.documents import Harvest
from catalog.stores.source import Source
from catalog.stores.traced import Step, TracedSource
from catalog.stores.url import StoreUrl, parse_store_url
from catalog.validation.report import Report

_NEAR = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one thing that was asked for is found, and why.

    Attributes
    ----------
    asked
        The node's path, or the URI.
    found
        Whether the catalogue gives it.
    reasons
        Sentences, in the order in which they matter.
    near
        Names that come close, where it is not found.
    """

    asked: str
    found: bool
    reasons: tuple[str, ...]
    near: tuple[str, ...] = ()


@dataclass
class Explanation:
    """Everything from URL to index. A part that could not be had is None, and ``error`` says why.

    Attributes
    ----------
    location, protocol
        The store's canonical URL, and how it is reached.
    credential
        URL prefix of the credential that is used; ``""`` where none is.
    dataset_id
        The dataset's id, or the one that it would be given.
    steps
        What was asked of the store, in order.
    harvest, hierarchy, description, report
        What the stations made of it.
    conventions, known_conventions
        Names of those that apply, and of all that there are.
    wanted
        What these conventions would read beside the metadata: other files, and ends of arrays or whole ones.
    keys
        What became of attribute keys.
    known, shown
        What is recorded about it for everybody who may see all, and for the public.
    state
        How the store's state now compares with the one in force.
    verdicts
        About the nodes and URIs that were asked for.
    error
        What stopped the reading of the store.
    """

    location: str
    protocol: str
    credential: str
    dataset_id: str
    steps: list[Step] = field(default_factory=list)
    harvest: Harvest | None = None
    hierarchy: Hierarchy | None = None
    description: Description | None = None
    report: Report | None = None
    conventions: tuple[str, ...] = ()
    known_conventions: tuple[str, ...] = ()
    wanted: dict[str, list[str]] = field(default_factory=dict)
    keys: tuple[KeyFate, ...] = ()
    known: Dataset | None = None
    shown: Dataset | None = None
    state: str = ""
    verdicts: list[Verdict] = field(default_factory=list)
    error: CatalogError | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was found wrong on the way, but for what shapes say."""
        parts = (self.harvest, self.hierarchy, self.description)
        found = tuple(problem for part in parts if part is not None for problem in part.problems)
        return found or (self.error.problems if isinstance(self.error, MetadataError) else ())

    def to_dict(self) -> dict[str, Any]:
        """The object that ``explain --json`` prints."""
        harvest, hierarchy, report = self.harvest, self.hierarchy, self.report
        return {
            "location": self.location,
            "protocol": self.protocol,
            "credential": self.credential,
            "id": self.dataset_id,
            "steps": [asdict(step) for step in self.steps],
            "route": harvest
            and {
                "route": harvest.route,
                "key": harvest.key,
                "container": harvest.container,
                "requests": harvest.requests,
                "complete": harvest.complete,
                "fresh": harvest.fresh,
                "why": why_route(harvest, self.steps),
            },
            "metadata": hierarchy
            and {
                "groups": len(hierarchy.groups),
                "arrays": len(hierarchy.arrays),
                "zarr_formats": list(hierarchy.zarr_formats),
                "digest": hierarchy.digest,
            },
            "mapping": {
                "conventions": list(self.conventions),
                "known_conventions": list(self.known_conventions),
                "wanted": self.wanted,
                "keys": [fate.to_dict() for fate in self.keys],
                "triples": self.description.triples if self.description else 0,
            },
            "shapes": report
            and {
                "conforms": report.conforms,
                "accepted": report.accepted,
                "results": [result.to_dict() for result in report.results],
            },
            "index": {
                "catalog": self.known and asdict(self.known),
                "public": self.shown and asdict(self.shown),
                "state": self.state,
            },
            "verdicts": [asdict(verdict) for verdict in self.verdicts],
            "problems": [problem.to_dict() for problem in self.problems],
            "error": self.error and {"code": self.error.code, "message": str(self.error)},
        }


def explain(
    workspace: Workspace, target: str, *, nodes: tuple[str, ...] = (), uris: tuple[str, ...] = (), metadata_key: str | None = None
) -> Explanation:
    """What happens on the way from a store to the index.

    Parameters
    ----------
    target
        The store's URL or path; or a dataset's id or IRI, or the IRI of a node, which is then asked for too.
    nodes
        Paths of nodes to look for.
    uris
        URIs to look for.
    metadata_key
        As for an ingest.

    Raises
    ------
    InputError, ForbiddenError
        The target cannot be a store or dataset.
    NotFoundError
        It is the IRI of a dataset that is not there.

    Notes
    -----
    What goes wrong with the store itself is part of the explanation.
    """
    registry = Registry(workspace.catalog, workspace.iris)
    known, asked = _named(workspace, registry, target)
    url = parse_store_url(known.location if known else target, allow_protocols=workspace.outgoing.protocols)
    known = known or registry.by_location(url.location)
    credential = "the URL itself" if url.credential else (workspace.credentials.find(url.location) or ("",))[0]
    found = Explanation(url.location, url.protocol, credential, known.id if known else new_id(url.location), known=known)
    found.shown = Registry(workspace.public, workspace.iris).by_id(known.id) if known else None
    found.known_conventions = tuple(convention.NAME for convention in load_conventions())
    try:
        _read(workspace, url, found, metadata_key)
    except CatalogError as error:
        found.error = error
    found.state = _state(found)
    for path in (*asked, *nodes):
        found.verdicts.append(_about_node(workspace, found, path.strip("/")))
    for uri in uris:
        found.verdicts.append(_about_uri(workspace, found, uri))
    return found


def _named(workspace: Workspace, registry: Registry, target: str) -> tuple[Dataset | None, tuple[str, ...]]:
    """The dataset that a target names, and the path of the node that it names; nothing where it is a store."""
    dataset_id = workspace.iris.dataset_id(target) if target.startswith(workspace.iris.base) else None
    if dataset_id is None:
        plain = "/" not in target and "\\" not in target and ":" not in target
        try:
            return (registry.by_id(target) if plain else None), ()
        except CatalogError:
            return None, ()
    known = registry.require(target)
    refs = [node for node, _ in ask_nodes(workspace.catalog, workspace.iris, "resolve-nodes", "node", [target])]
    if refs:
        return known, (refs[0].path,)
    prefix = workspace.iris.node(known.id, "")
    return known, (unquote(target.removeprefix(prefix)),) if target.startswith(prefix) else ()


# -- what an ingest would do


def _read(workspace: Workspace, url: StoreUrl, found: Explanation, metadata_key: str | None) -> None:
    """The stations of an ingest, one after the other; each leaves what it made, so that an error shows how far it went."""

    def watch(source: Source) -> Source:
        traced = TracedSource(source)
        found.steps = traced.steps
        return cast("Source", traced)  # all that is not traced is the source's own

    found.harvest = read_harvest(workspace, IngestRequest(url.location, metadata_key=metadata_key), url, found.known, watch)
    hierarchy = found.hierarchy = parse_hierarchy(found.harvest.documents, workspace.limits)
    conventions = find_conventions(hierarchy)
    found.conventions = tuple(convention.NAME for convention in conventions)
    found.wanted = {kind: list(keys) for kind, keys in asdict(all_wanted(hierarchy, conventions)).items()}
    mappings = workspace.mappings.for_location(url.location)
    found.description = describe(hierarchy, found.dataset_id, workspace.iris, contexts=workspace.contexts, mappings=mappings)
    found.keys = fates_of_keys(hierarchy, found.dataset_id, workspace.iris, workspace.contexts, mappings)
    curated = workspace.catalog.read_graph(workspace.iris.graph(found.dataset_id, CURATED))
    judging = Judging(workspace, curated, waivers=found.known.waivers if found.known else (), location=url.location)
    found.report = judging.judge([found.description.structure, found.description.asserted], found.description.conventions)


def why_route(harvest: Harvest, steps: list[Step]) -> str:
    """Why the documents were read in this way, as a sentence."""
    lists = [step for step in steps if step.way == "list"]
    if harvest.container:
        return f"the location holds a whole store as one {harvest.container}"
    if harvest.route == "consolidated":
        before = sum(step.outcome != "found" for step in steps)
        others = f"; {before} other names were tried first" if before else ""
        return f"{harvest.key!r} holds the documents of all nodes{others}"
    if harvest.route == "single":
        return "the root is an array, below which no node can lie"
    if harvest.route == "walk":
        refusal = next((step.message for step in lists if step.message), "the store does not list what it holds")
        return f"no consolidated document is there, and a list is refused: {refusal}"
    return "no consolidated document is there, so all names were listed"


# -- what is in force


def _state(found: Explanation) -> str:
    """How the store's state now compares with the one in force, as a sentence."""
    known, hierarchy = found.known, found.hierarchy
    if known is None:
        return "this location is not in the catalogue: catalog ingest puts it there"
    if hierarchy is None:
        return "the store cannot be read now; what is in force stays"
    if _is(known.rejected, hierarchy):
        return "the store is in the state that the shapes refused; it is in the graph …/rejected, and the last accepted one stays"
    if _is(known.current, hierarchy):
        return "the store is in the state that is in force"
    return "the store has changed since it was last ingested: catalog ingest brings the catalogue up to date"


def _is(snapshot: Snapshot | None, hierarchy: Hierarchy) -> bool:
    return snapshot is not None and snapshot.digest == hierarchy.digest


def _about_node(workspace: Workspace, found: Explanation, path: str) -> Verdict:
    """Why a node is or is not found."""
    iri = workspace.iris.node(found.dataset_id, path)
    in_graph = _has_node(workspace.catalog, workspace, iri)
    in_public = _has_node(workspace.public, workspace, iri)
    paths = [node.path for node in found.hierarchy.nodes] if found.hierarchy else []
    in_store = path in set(paths)
    reasons = [f"the catalogue {'has' if in_graph else 'does not have'} {iri}"]
    if in_graph and not in_public:
        access = found.known.access if found.known else "restricted"
        reasons.append(
            f"the public does not see it: the dataset is {access}" if access != "public" else "the public does not see it"
        )
    if found.hierarchy is not None:
        reasons.append(f"the store {'has' if in_store else 'does not show'} a node at /{path} now")
    if in_store and not in_graph:
        reasons.append(found.state)
    if not in_store:
        reasons += _why_not_in_store(found, path)
    near = () if in_store or in_graph else tuple(difflib.get_close_matches(path, paths, _NEAR, 0.4))
    return Verdict(f"/{path}", in_graph, tuple(dict.fromkeys(reasons)), near)


def _has_node(store: GraphStore, workspace: Workspace, iri: str) -> bool:
    return any(ask_nodes(store, workspace.iris, "resolve-nodes", "node", [iri]))


def _why_not_in_store(found: Explanation, path: str) -> list[str]:
    keys = {path, *(f"{path}/{name}".lstrip("/") for name in ("zarr.json", ".zarray", ".zgroup", ".zattrs"))}
    reasons = [f"{problem.message} [{problem.kind}]" for problem in found.problems if problem.path in keys]
    if found.error is not None:
        reasons.append(str(found.error))
    array = next(
        (node.path for node in (found.hierarchy.arrays if found.hierarchy else ()) if path.startswith(f"{node.path}/")), None
    )
    if array is not None:
        reasons.append(f"/{array} is an array, below which no node can lie")
    if found.harvest is not None and not found.harvest.complete:
        reasons.append(f"not all of the store was seen (route {found.harvest.route}): {_first(found.harvest.problems)}")
    return reasons


def _first(problems: tuple[Problem, ...]) -> str:
    return problems[0].message if problems else "no reason is known"


def _about_uri(workspace: Workspace, found: Explanation, uri: str) -> Verdict:
    """Why a URI leads to arrays, or does not."""
    reasons: list[str] = []
    near: tuple[str, ...] = ()
    leads = False
    try:
        there = look_up(workspace.catalog, uri, workspace.iris)
        leads = bool(there.arrays)
        words = {"node": "is a node's IRI", "described": "is described by attributes of", "linked": "is only linked to, by"}
        via = ", ".join(f"{node.dataset_id}:/{node.path}" for node in there.via[:_NEAR])
        reasons.append(f"it {words[there.kind]} {via}".rstrip())
        count = len(there.arrays)
        first = f", the first is {there.arrays[0].iri}" if count else ""
        reasons.append(f"it leads to {count} array{'s' * (count != 1)}{first}")
        reasons += _for_the_public(workspace, uri)
    except NotFoundError as error:
        near = error.near
        reasons.append("nothing in the catalogue is called so, describes it or links to it")
    except CatalogError as error:
        reasons.append(str(error))
    if found.description is not None:
        states = f"<{uri}>".encode() in found.description.asserted
        reasons.append(f"the attributes of {found.location} {'state' if states else 'do not state'} it now")
        if states and not leads:
            reasons.append(found.state)
    return Verdict(uri, leads, tuple(reasons), near)


def _for_the_public(workspace: Workspace, uri: str) -> list[str]:
    try:
        look_up(workspace.public, uri, workspace.iris)
    except CatalogError:
        return ["the public does not see it: what states it is restricted"]
    return []
