"""Which documents and values does a store have that holds results, and what of their sources' metadata comes along?

One array lies at the root, with its coordinates; each of several in a group of its own. What an array's document and attributes
said is kept as far as it is true of the part (`catalog.bridge.derived_metadata`, `catalog.stores.new_array`); the rest is noted.
"""

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from catalog.bridge.array_ref import resolve_one
from catalog.bridge.derived_metadata import (
    companion_selection,
    companions,
    fitting_attributes,
    image_attributes,
    image_of,
    is_whole,
    kept_axes,
    reduced_attributes,
)
from catalog.errors import InputError, LimitExceededError, MetadataError, NotFoundError
from catalog.metadata.array import Array
from catalog.metadata.document import Json
from catalog.metadata.group import Group
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.metadata.key import fault_of_key
from catalog.metadata.layout import array_document
from catalog.rdf.derivation import Derivation
from catalog.services.consolidate import consolidated_v3
from catalog.services.provenance import Reading
from catalog.services.recorded import read_part
from catalog.services.registry import Registry
from catalog.services.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np

    from catalog.bridge.coordinates import Reading as How
    from catalog.stores.writer import Block

_GROUP: Final[dict[str, Json]] = {"zarr_format": 3, "node_type": "group"}


@dataclass(frozen=True, slots=True)
class Result:
    """One array to be saved.

    Attributes
    ----------
    values
        What it holds.
    readings
        What it was made of; one or more.
    transformation
        What was done to the values, in words; ``""`` where they are those of the one reading.
    name
        Its name in the store; ``""``: that of the array it comes from.
    dimension_names, attributes
        Those of transformed values; of values as they were read, those of their array are kept as far as they fit, and
        attributes given here come on top.
    """

    values: "np.ndarray[Any, Any]"
    readings: tuple[Reading, ...]
    transformation: str = ""
    name: str = ""
    dimension_names: tuple[str | None, ...] | None = None
    attributes: dict[str, Json] = field(default_factory=dict)


@dataclass
class NewStore:
    """A store that is being put together."""

    workspace: Workspace
    how: "How | None" = None
    readings: list[Reading] = field(default_factory=list)
    derivations: list[Derivation] = field(default_factory=list)
    values: list[tuple[str, Iterable["Block"]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _arrays: dict[str, dict[str, Json]] = field(default_factory=dict)
    _groups: dict[str, dict[str, Json]] = field(default_factory=dict)
    _sources: dict[str, dict[str, Group | Array]] = field(default_factory=dict)

    def add_all(self, results: Sequence[Result]) -> None:
        """Take results, each under a name of its own."""
        if not results:
            raise InputError("there is nothing to be saved: give one result or more")
        self._groups[""] = {}
        for result in results:
            name = self._name(result)
            where = name if len(results) > 1 else ""
            if where:
                self._groups[where] = {}
            self._add(result, where, name)

    def documents(self) -> dict[str, bytes]:
        """Metadata documents by key; the root's holds them all."""
        members: dict[str, Json] = {path: {**_GROUP, "attributes": each} for path, each in self._groups.items() if path}
        members |= self._arrays
        root = {**_GROUP, "attributes": self._groups[""]}
        own = {f"{path}/zarr.json": orjson.dumps(document, option=orjson.OPT_INDENT_2) for path, document in members.items()}
        return {**own, "zarr.json": consolidated_v3(root, members)}

    def _name(self, result: Result) -> str:
        """A name that no other result has."""
        path = result.readings[0].ref.path if result.readings else ""
        if not result.readings:
            raise InputError("a result has to say what it was made of: give one reading or more")
        wanted = result.name or path.rpartition("/")[2] or "values"
        fault = fault_of_key(wanted) or ("has a '/'" if "/" in wanted else None)
        if fault or wanted == "zarr.json":
            raise InputError(f"{wanted!r} cannot be the name of an array: it {fault or 'is that of a document'}")
        if result.name and wanted in self._groups:
            raise InputError(f"two results are called {wanted!r}: give each a name of its own")
        return next(
            each for each in itertools.chain([wanted], (f"{wanted}-{n}" for n in itertools.count(2))) if each not in self._groups
        )

    def _add(self, result: Result, where: str, name: str) -> None:
        path = f"{where}/{name}" if where else name
        if result.transformation or len(result.readings) > 1:
            self._add_transformed(result, path)
            return
        [reading] = result.readings
        if not reading.as_stored:
            self._add_reduced(result, reading, where, path)
            return
        if result.values.shape != reading.selection.shape:
            raise InputError(
                f"the values have the shape {result.values.shape}, and what was read has {reading.selection.shape}: say what was"
                " done to them (transformation)"
            )
        self._add_as_read(result, reading, where, path)

    def _add_transformed(self, result: Result, path: str) -> None:
        from catalog.stores.new_array import plain_array  # noqa: PLC0415

        if not result.transformation:
            raise InputError("a result of several readings has to say what was done to them (transformation)")
        if result.values.dtype.kind == "O" and not all(isinstance(value, str) for value in result.values.flat):
            raise InputError("values of the type object cannot be written as a Zarr array, but for texts")
        names = result.dimension_names
        if names is not None and len(names) != result.values.ndim:
            raise InputError(f"{len(names)} dimension names are given for {result.values.ndim} axes")
        document = plain_array(result.values.shape, result.values.dtype)
        self._put(path, document, result.values, names, result.attributes)
        self._made_of(path, result.readings, result.transformation)

    def _add_reduced(self, result: Result, reading: Reading, where: str, path: str) -> None:
        """Values that were reduced, or are those at points: what their array's axes were called holds for those that are left."""
        from catalog.bridge.reduction import reduced_axes  # noqa: PLC0415  NumPy takes its time

        source, stated = self._stated(reading)
        if reading.points:
            names: list[str] = ["point"]
            attributes, said = (
                fitting_attributes(stated.attributes, whole=False, present=()),
                f"the values at {result.values.size} points",
            )
            beside: list[tuple[Array, Reading]] = []
        else:
            steps, names = reduced_axes(reading.ref, reading.selection, reading.reductions)
            beside = self._companions(reading, stated, source, names)
            present = {each.path.rpartition("/")[2] for each, _ in beside}
            attributes, note = reduced_attributes(stated.attributes, steps, present)
            self.notes += [f"{path}: {note}"] if note else []
            said = ", then ".join(map(str, reading.reductions))
        made = Result(result.values, (reading,), said, "", tuple(names), {**attributes, **result.attributes})
        self._add_transformed(made, path)
        self._add_companions(beside, where)

    def _stated(self, reading: Reading) -> tuple[dict[str, Group | Array], Array]:
        """The nodes of a source, and the array among them with its attributes, as far as the archive has them."""
        source = self._source(reading)
        array = source.get(reading.ref.path)
        if isinstance(array, Array):
            return source, array
        self.notes.append(f"the attributes of {reading.ref.iri} are not in the archive, and are left out")
        return source, reading.ref.array

    def _add_as_read(self, result: Result, reading: Reading, where: str, path: str) -> None:
        source, stated = self._stated(reading)
        groups = {each: node.attributes for each, node in source.items() if isinstance(node, Group)}
        beside = self._companions(reading, stated, source)
        present = {each.path.rpartition("/")[2] for each, _ in beside}
        whole = is_whole(reading.selection, stated.shape)
        attributes = fitting_attributes(stated.attributes, whole=whole, present=present)
        scalars = [each.path.rpartition("/")[2] for each, reading in beside if not reading.selection.shape and each.shape]
        if scalars:
            before = str(attributes.get("coordinates", "")).split()
            attributes["coordinates"] = " ".join(dict.fromkeys([*before, *scalars]))
        image = image_of(stated, groups)
        names: tuple[str | None, ...] = stated.dimension_names
        if image is not None:
            stated_image, reason = image_attributes(image, reading.selection, path.rpartition("/")[2])
            if stated_image is None:
                self.notes.append(reason)
            else:
                self._groups[where] |= stated_image
            names = tuple(str(axis["name"]) for axis in image.axes) if not any(names) else names
        conventions = groups.get(reading.ref.path.rpartition("/")[0], {}).get("Conventions")
        if beside and isinstance(conventions, str):
            self._groups[where]["Conventions"] = conventions
        self._write_like(path, reading, names, {**attributes, **result.attributes})
        self._add_companions(beside, where)

    def _add_companions(self, beside: Sequence[tuple[Array, Reading]], where: str) -> None:
        present = {each.path.rpartition("/")[2] for each, _ in beside}
        for each, companion in beside:
            name = each.path.rpartition("/")[2]
            kept = fitting_attributes(each.attributes, whole=is_whole(companion.selection, each.shape), present=present)
            self._write_like(f"{where}/{name}" if where else name, companion, each.dimension_names, kept)

    def _companions(
        self, reading: Reading, array: Array, source: dict[str, Group | Array], left: Collection[str] | None = None
    ) -> list[tuple[Array, Reading]]:
        """Coordinates and the like, cut as the array is; where only some axes are left, what speaks of no other."""
        from catalog.bridge.coordinates import Reading as How  # noqa: PLC0415

        how = self.how or How()
        found = []
        for each in companions(array, source):
            shared = set(each.dimension_names) & set(array.dimension_names) - {None}
            if left is not None and not shared <= set(left):
                continue
            iri = self.workspace.iris.node(reading.ref.dataset_id, each.path)
            selection = companion_selection(each, array, reading.selection)
            try:
                ref = resolve_one(self.workspace.catalog, iri, self.workspace.iris)
                found.append((each, read_part(ref, selection, how)))
            except (MetadataError, LimitExceededError) as error:
                self.notes.append(f"{iri} describes an axis and does not come along: {error}")
        return found

    def _write_like(self, path: str, reading: Reading, names: tuple[str | None, ...], attributes: dict[str, Json]) -> None:
        from catalog.stores.new_array import array_like  # noqa: PLC0415

        array, kept = reading.ref.array, kept_axes(reading.selection)
        document = array_document(array.layout, array.shape)
        made = array_like(document, array.zarr_format, kept, reading.values.shape, reading.values.dtype)
        self.notes += [f"{path}: {note}" for note in made.notes]
        self._put(path, made.document, reading.values, tuple(names[at] for at in kept), attributes)
        self._made_of(path, (reading,), "")

    def _put(
        self,
        path: str,
        document: dict[str, Json],
        values: "np.ndarray[Any, Any]",
        names: tuple[str | None, ...] | None,
        attributes: dict[str, Json],
    ) -> None:
        if path in self._arrays:
            raise InputError(f"two arrays would be called {path!r}: give the result another name")
        document = {**document, "attributes": attributes}
        if names and any(name is not None for name in names):
            document["dimension_names"] = list(names)
        self._arrays[path] = document
        self.values.append((path, [(tuple(slice(0, size) for size in values.shape), values)]))

    def _made_of(self, path: str, readings: Sequence[Reading], transformation: str) -> None:
        start = len(self.readings)
        self.readings += readings
        self.derivations.append(Derivation(path, tuple(range(start, len(self.readings))), transformation))

    def _source(self, reading: Reading) -> dict[str, Group | Array]:
        """The nodes of a source's snapshot in force, by path; none where the archive has lost them."""
        known = reading.ref.dataset_id
        if known not in self._sources:
            dataset = Registry(self.workspace.catalog, self.workspace.iris).by_id(known)
            nodes: dict[str, Group | Array] = {}
            if dataset is not None and dataset.current is not None:
                try:
                    documents = self.workspace.archive.read_documents(dataset.current.documents)
                    nodes = {node.path: node for node in parse_hierarchy(documents, self.workspace.limits).nodes}
                except (NotFoundError, MetadataError):
                    nodes = {}
            self._sources[known] = nodes
        return self._sources[known]
