"""Which parts of which arrays does the answer of a SELECT mean?

Each row leads to arrays, by the IRI of an array, group or dataset, or by any URI that `catalog.bridge.uri_lookup` knows, and may
say which part of them (`catalog.bridge.answer_columns`). Everything but the values of coordinates comes from the graph, in a few
queries for all rows together. No store is asked for metadata.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from catalog.bridge.answer_columns import ROI, Columns, Units, read_columns, row_level, row_region, row_requests
from catalog.bridge.array_ref import ArrayRef, read_refs, recorded_iris
from catalog.bridge.axis_request import AxisRequest, LabelAt, LabelRange
from catalog.bridge.image_facts import ImageFacts, Region
from catalog.bridge.levels import Level, LevelWish, choose_level
from catalog.bridge.node_ref import NodeRef, ask_nodes
from catalog.bridge.part import CHANNEL_AXES, Labels, Part, axis_names, label_name, select_part
from catalog.bridge.selection_text import to_requests
from catalog.bridge.uri_lookup import Found, look_up_many
from catalog.bridge.world import Sampling
from catalog.errors import InputError, NotFoundError
from catalog.graphstore.bindings import XSD, XSD_STRING, Bindings, Iri, Literal, Term
from catalog.graphstore.door import GraphStore
from catalog.graphstore.queries import write_iri
from catalog.rdf.iris import Iris

_REGION_AXES: Final = frozenset("xyzt")
_SHOWN: Final = 5


class PreparedLabels(Labels, Protocol):
    """Looks labels up, and can be told beforehand for which arrays."""

    def prepare(self, wanted: Sequence[tuple[ArrayRef, str]]) -> None:
        """Ask the graph about many arrays at once: pairs of array and name of the coordinate."""
        ...


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """What one row means; a row that leads to several arrays has several.

    Attributes
    ----------
    row
        Which solution, from 0.
    uri
        What led to the array.
    ref, part
        The array, and what of it.
    inferred
        Whether the array was only guessed: the URI is linked to, not described.
    """

    row: int
    uri: str
    part: Part
    inferred: bool

    @property
    def ref(self) -> ArrayRef:
        """The array."""
        return self.part.ref


@dataclass(frozen=True, slots=True)
class ResolvedAnswer:
    """What an answer means.

    Attributes
    ----------
    column
        The column that leads to arrays.
    parts
        By row, and by dataset and path in a row.
    unresolved
        Rows that lead to no array: number and value (``""`` where unbound).
    """

    column: str
    parts: tuple[AnswerPart, ...]
    unresolved: tuple[tuple[int, str], ...]


def resolve_answer(
    store: GraphStore,
    bindings: Bindings,
    *,
    column: str | None = None,
    iris: Iris | None = None,
    select: str | Mapping[str, Any] = "",
    level: LevelWish | None = None,
    units: Units = "auto",
    labels: PreparedLabels | None = None,
) -> ResolvedAnswer:
    """The parts of arrays that an answer means.

    Parameters
    ----------
    store
        The graph store of the caller's audience.
    bindings
        The answer of any SELECT.
    column
        The column that leads to arrays; None: the first one with values that do, of nodes and of what attributes describe
        first, then of what is only linked to.
    iris
        Mints the deployment's IRIs; asked for in the graph store where None.
    select
        What else is wanted of every array.
    level
        Which resolution of images; a row's own ``?level`` counts more.
    units
        What the numbers of ``_start``, ``_stop`` and ``_at`` are; ``auto``: by their type.
    labels
        Looks labels up, as `catalog.bridge.coordinates.Coordinates` does.

    Raises
    ------
    InputError
        No such column, none that leads to arrays, or a part that an array does not have; the message names the row.
    NotFoundError
        The column was named, and no value of it leads to an array.
    MetadataError
        The graph does not hold what the catalogue wrote.
    CatalogError
        As ``labels`` raises.
    """
    iris = iris or recorded_iris(store)
    columns = read_columns(bindings, column)
    name, found, regions = _find_column(store, bindings, columns, column, iris)
    rows = _read_rows(bindings, name, columns, found, regions, level)
    graph = _Graph(store, iris, rows, to_requests(select), units, columns)
    parts: list[AnswerPart] = []
    if labels is not None:
        for row in rows:
            with _told(row):
                graph.wish_labels(row)
        graph.prepare(labels)
    for row in rows:
        with _told(row):
            parts += graph.parts(row, labels)
    resolved = {row.number for row in rows if row.arrays or row.image}
    values = bindings.values(name)
    unresolved = tuple((number, value or "") for number, value in enumerate(values) if number not in resolved)
    return ResolvedAnswer(name, tuple(parts), unresolved)


def resolve_part(
    store: GraphStore,
    ref: ArrayRef,
    select: str | Mapping[str, Any] = "",
    *,
    iris: Iris | None = None,
    labels: Labels | None = None,
) -> Part:
    """The part of one array that a selection of any kind means.

    Raises
    ------
    InputError, CatalogError
        As `catalog.bridge.part.select_part`.
    """
    requests = to_requests(select)
    if not requests:
        return select_part(ref)
    facts = ImageFacts(store, iris or recorded_iris(store))
    samplings = facts.samplings([ref.iri]).get(ref.iri, ())
    image = facts.images([ref.iri]).get(ref.iri) if any(isinstance(each.index, LabelAt) for each in requests) else None
    channels = facts.channels([image]).get(image) if image else None
    names = axis_names(ref, samplings)
    requests = tuple(_channel_axis(request, names) for request in requests)
    return select_part(ref, requests, samplings=samplings, labels=labels, channels=channels)


def resolve_level(
    store: GraphStore,
    uri: str,
    level: LevelWish,
    select: str = "",
    *,
    iris: Iris | None = None,
    labels: PreparedLabels | None = None,
) -> AnswerPart:
    """The part of the level that is wanted of the image that a URI means: the image itself, or any array that is a level of it.

    Raises
    ------
    InputError, CatalogError
        As `resolve_answer`, or the URI means several images.
    """
    try:
        answer = resolve_answer(
            store, Bindings(("uri",), [(Iri(uri),)]), column="uri", iris=iris, select=select, level=level, labels=labels
        )
    except InputError as error:
        raise InputError(str(error).removeprefix(f"row 0 ({uri}): ")) from error
    if len(answer.parts) != 1:
        raise InputError(f"{uri} means {len(answer.parts)} images: name one of them")
    return answer.parts[0]


@contextmanager
def _told(row: "_Row") -> Iterator[None]:
    """Name the row in what is wrong with it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"row {row.number} ({row.uri}): {error}") from error


def _is_uri(term: Term | None) -> bool:
    """Whether a term may lead somewhere: an IRI, or a string that is one."""
    if isinstance(term, Literal) and term.datatype in {XSD_STRING, XSD + "anyURI"} and term.language is None:
        try:
            write_iri(term.value)
        except InputError:
            return False
        return True
    return isinstance(term, Iri)


def _find_column(
    store: GraphStore, bindings: Bindings, columns: Columns, named: str | None, iris: Iris
) -> tuple[str, dict[str, Found], dict[str, Region]]:
    """The column, what its values lead to, and the regions that rows name."""
    table = {name: [row[at] for row in bindings.rows] for at, name in enumerate(bindings.columns)}
    uris = {name: list(dict.fromkeys(term.value for term in terms if term and _is_uri(term))) for name, terms in table.items()}
    regions = ImageFacts(store, iris).regions(uris[ROI]) if ROI in columns.special and uris[ROI] else {}
    if named is not None:
        found = look_up_many(store, uris[named], iris)
        if not any(each.arrays for each in found.values()):
            shown = ", ".join(uris[named][:_SHOWN]) or "it has no IRIs"
            raise NotFoundError(f"nothing in the column {named!r} leads to an array: {shown}")
        return named, found, regions
    for linked in (False, True):
        for name in columns.others:
            found = look_up_many(store, uris[name], iris, linked=linked) if uris[name] else {}
            if any(each.arrays for each in found.values()):
                return name, found, regions
    if regions:
        images = look_up_many(store, {region.image for region in regions.values()}, iris)
        return ROI, {iri: images[region.image] for iri, region in regions.items() if region.image in images}, regions
    if not bindings.rows:
        raise NotFoundError("the query has no answer, so there is nothing to read: no solution meets all of its conditions")
    columns_said = ", ".join(bindings.columns) or "there are none"
    wanted = "select the IRI of an array, group or dataset, or a URI in the metadata, or say which column it is"
    raise InputError(f"no column leads to arrays: {columns_said}; {wanted}")


@dataclass(frozen=True, slots=True)
class _Row:
    """What one solution leads to: arrays, or an image of which a level is to be chosen."""

    number: int
    uri: str
    terms: Mapping[str, Term | None]
    arrays: tuple[NodeRef, ...]
    inferred: bool
    region: Region | None
    wish: LevelWish | None
    image: str = ""


def _read_rows(
    bindings: Bindings,
    name: str,
    columns: Columns,
    found: Mapping[str, Found],
    regions: Mapping[str, Region],
    wish: LevelWish | None,
) -> list[_Row]:
    rows = []
    for number, terms in enumerate(bindings):
        term = terms[name]
        here = found.get(term.value) if term is not None else None
        if term is None or here is None or not here.arrays:
            continue
        region = _region(number, row_region(terms, columns), regions)
        index = row_level(terms, columns)
        own = LevelWish(index) if index is not None else wish
        if own is None and region is not None:
            own = LevelWish(0)
        # Where a level is chosen, a group stands for the image that it is, and an array for the image that it is a level of.
        head = here.via[0].iri if own is not None and len(here.via) == 1 and not here.via[0].is_array else ""
        rows.append(_Row(number, term.value, terms, here.arrays, here.kind == "linked", region, own, head))
    return rows


def _region(number: int, iri: str | None, regions: Mapping[str, Region]) -> Region | None:
    if iri is None or iri in regions:
        return None if iri is None else regions[iri]
    raise InputError(f"row {number}: {iri} is no region that the graph knows the box of")


class _Graph:
    """What the graph says of all rows' arrays, asked for at once."""

    def __init__(
        self,
        store: GraphStore,
        iris: Iris,
        rows: Sequence[_Row],
        select: tuple[AxisRequest, ...],
        units: Units,
        columns: Columns,
    ) -> None:
        self._select, self._units, self._columns = select, units, columns
        self._labels: dict[tuple[str, str], tuple[ArrayRef, str]] = {}
        facts = ImageFacts(store, iris)
        arrays = {node.iri: node for row in rows for node in row.arrays}
        choosing = [row for row in rows if row.wish is not None]
        self._image_of: dict[str, str] = facts.images(node.iri for row in choosing for node in row.arrays) if choosing else {}
        images = {row.image for row in choosing} | set(self._image_of.values())
        self._levels = facts.levels(images - {""}) if images - {""} else {}
        further = {iri for levels in self._levels.values() for iri in levels.values()} - arrays.keys()
        if further:
            nodes = ask_nodes(store, iris, "resolve-nodes", "node", sorted(further))
            arrays |= {node.iri: node for node, _ in nodes if node.is_array}
        self.refs = {ref.iri: ref for ref in read_refs(store, list(arrays.values()), iris)}
        asked = columns.selecting or bool(select) or bool(choosing)
        self.samplings: dict[str, tuple[Sampling, ...]] = facts.samplings(arrays) if asked else {}
        self._channels = self._read_channels(facts) if asked and self.samplings else {}

    def _read_channels(self, facts: ImageFacts) -> dict[str, dict[str, tuple[int, ...]]]:
        """Channels of each array's image, where channels may be asked for by name."""
        of = self._image_of | facts.images(iri for iri in self.samplings if iri not in self._image_of)
        channels = facts.channels(of.values()) if of else {}
        return {iri: channels[image] for iri, image in of.items() if image in channels}

    def parts(self, row: _Row, labels: PreparedLabels | None) -> list[AnswerPart]:
        """What a row means."""
        if row.wish is None:
            parts = [self._part(row, self.refs[node.iri], labels) for node in row.arrays]
        else:
            parts = [self._chosen(row, levels, row.wish, labels) for levels in self._images(row)]
        return [AnswerPart(row.number, row.uri, self._inferred(row, part), row.inferred) for part in parts]

    @staticmethod
    def _inferred(row: _Row, part: Part) -> Part:
        if not row.inferred:
            return part
        return replace(part, notes=(*part.notes, f"inferred: the graph only links to {row.uri}"))

    def _images(self, row: _Row) -> list[list[Level]]:
        """The images of which a row wants a level."""
        images = [row.image] if row.image in self._levels else []
        if not images:
            images = sorted({self._image_of[node.iri] for node in row.arrays if node.iri in self._image_of})
        if not images:
            raise InputError("a level or region is asked for, and this is no image with levels: leave it out, or name the image")
        return [
            [Level(index, self.refs[iri], self.samplings.get(iri, ())) for index, iri in levels.items() if iri in self.refs]
            for levels in (self._levels[image] for image in images)
        ]

    def _chosen(self, row: _Row, levels: Sequence[Level], wish: LevelWish, labels: PreparedLabels | None) -> Part:
        part, note = choose_level(levels, wish, lambda level: self._part(row, level.ref, labels))
        return replace(part, notes=(*part.notes, note)) if note else part

    def wish_labels(self, row: _Row) -> None:
        """Note which coordinates a row will ask for."""
        levels = [] if row.wish is None else [level.ref for image in self._images(row) for level in image]
        for ref in levels or [self.refs[node.iri] for node in row.arrays]:
            names = axis_names(ref, self.samplings.get(ref.iri, ()))
            for request in self._requests(row, ref):
                if isinstance(request.index, LabelAt | LabelRange):
                    name = label_name(request, names)
                    self._labels[ref.iri, name] = (ref, name)

    def prepare(self, labels: PreparedLabels) -> None:
        """Ask about all coordinates that were noted, at once."""
        if self._labels:
            labels.prepare(list(self._labels.values()))

    def _requests(self, row: _Row, ref: ArrayRef) -> list[AxisRequest]:
        samplings = self.samplings.get(ref.iri, ())
        sampled = frozenset(each.axis for each in samplings)
        names = axis_names(ref, samplings)
        requests = [*self._select, *row_requests(row.terms, self._columns, self._units, sampled)]
        requests = [_channel_axis(request, names) for request in requests]
        return [*requests, *(row.region.boxes if row.region else ())]

    def _part(self, row: _Row, ref: ArrayRef, labels: PreparedLabels | None) -> Part:
        samplings = self.samplings.get(ref.iri, ())
        requests = self._requests(row, ref)
        optional = _REGION_AXES if row.region else frozenset[str]()
        return select_part(
            ref, requests, samplings=samplings, labels=labels, channels=self._channels.get(ref.iri), optional=optional
        )


def _channel_axis(request: AxisRequest, names: Sequence[str | None]) -> AxisRequest:
    """A request for ``c`` where the array calls that axis ``channel``."""
    if request.axis in CHANNEL_AXES and request.axis not in names:
        other = next((name for name in names if name in CHANNEL_AXES), None)
        return replace(request, axis=other) if other else request
    return request
