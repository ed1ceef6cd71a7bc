"""How does a whole hierarchy look as triples?

The structure graph says which nodes there are and what they hold; the asserted graph holds what the store itself says in its
attributes. Both are text in blocks, in the order of the nodes' paths, so that equal hierarchies give equal bytes.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from catalog.errors import Problem
from catalog.metadata.array import Array
from catalog.metadata.collector import collector_paused
from catalog.metadata.document import Json, canonical_json
from catalog.metadata.hierarchy import MISLEADING_NAME, Hierarchy
from catalog.metadata.layout import Layout
from catalog.metadata.node_parser import Node
from catalog.rdf import literals, terms
from catalog.rdf.attributes import AttributeWriter
from catalog.rdf.convention import About, Findings, Given
from catalog.rdf.conventions import find_conventions
from catalog.rdf.conventions.jsonld import holds_linked_data, read_linked_data
from catalog.rdf.iris import Iris, encoded_path, profile_iri, profile_name
from catalog.rdf.layout import layout_lines, unreadable_pairs
from catalog.rdf.mapping import describe_mapped
from catalog.rdf.mapping_file import MappingFile
from catalog.rdf.prefixes import DCAT, DCT, RDF_TYPE, RDFS_LABEL
from catalog.rdf.statements import is_iri

MAPPING_VERSION = "4"
"""Changes whenever the same documents would give other triples; unchanged stores are then described anew."""

SPECIFICATIONS = {
    2: "https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html",
    3: "https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html",
}

_BLOCK = 100
_PATH, _LABEL, _DIGEST = f" <{terms.PATH}> ", f" <{RDFS_LABEL}> ", f" <{terms.DIGEST}> "
_FORMAT, _IS_PART_OF, _HAS_PART = f" <{terms.ZARR_FORMAT}> ", f" <{DCT}isPartOf> ", f" <{DCT}hasPart> "
_SHAPE, _DIMENSION_COUNT = f" <{terms.SHAPE}> ", f" <{terms.DIMENSION_COUNT}> "
_LAYOUT, _DIMENSION = f" <{terms.LAYOUT}> ", f" <{terms.DIMENSION}> "
_ARRAY = f" <{RDF_TYPE}> <{terms.CLASS_ZARR_ARRAY}> .\n"
_GROUP = f" <{RDF_TYPE}> <{terms.CLASS_ZARR_GROUP}> .\n"
_CONVENTION = f"> <{re.escape(terms.CONVENTION)}> <([^<>]+)> \\.\n".encode()


@dataclass(frozen=True, slots=True)
class Description:
    """The graphs of one snapshot as canonical N-Triples, what was found on the way, and the names of conventions that apply."""

    structure: bytes
    asserted: bytes
    problems: tuple[Problem, ...]
    conventions: tuple[str, ...] = ()

    @property
    def triples(self) -> int:
        """Triples in both graphs."""
        return self.structure.count(b"\n") + self.asserted.count(b"\n")


def describe(
    hierarchy: Hierarchy,
    dataset_id: str,
    iris: Iris,
    *,
    contexts: Mapping[str, Json] | None = None,
    given: Given | None = None,
    mappings: Sequence[MappingFile] = (),
) -> Description:
    """The graphs of a hierarchy.

    Nothing in them depends on where the store lies or how it was read: the record graph tells that.

    Parameters
    ----------
    dataset_id
        Id of the dataset that the hierarchy makes.
    contexts
        Pinned JSON-LD contexts by URL, beside the built-in set.
    given
        What was read of the store beside its metadata, because a convention wanted it.
    mappings
        What laboratories mean by their own keys.

    Notes
    -----
    About 10 µs per array and, attributes apart, at most 20 triples.
    """
    structure = BytesIO()  # one buffer: joining blocks would touch twice the memory, which takes longer than writing them
    with collector_paused:
        conventions = find_conventions(hierarchy)
        found = Findings()
        about = About(dataset_id, iris)
        for convention in conventions:
            _add(found, convention.describe(hierarchy, about, given or Given()))
        if mappings:
            _add(found, describe_mapped(hierarchy, about, mappings))
        writer = _Writer(dataset_id, iris, contexts, found.consumed)
        structure.writelines(writer.blocks(hierarchy))
        names = tuple(convention.NAME for convention in conventions)
        found.say(f"<{iris.dataset(dataset_id)}>", terms.CONVENTION, *(f"<{profile_iri(name)}>" for name in names))
        for problem in hierarchy.problems:
            if problem.kind == MISLEADING_NAME:
                warned = f"<{iris.node(dataset_id, problem.path)}>"
                found.say(warned, terms.NAME_WARNING, literals.string(problem.message))
        _leave_out_invalid(found, iris.base)
        structure.writelines(_fact_blocks(found.facts))
    problems = (*writer.problems, *found.problems)
    return Description(structure.getvalue(), "".join(sorted(writer.asserted)).encode(), problems, names)


def read_conventions(structure: bytes) -> tuple[str, ...]:
    """The names of the conventions that a structure graph says its dataset follows, sorted."""
    return tuple(sorted(profile_name(iri.decode()) for iri in re.findall(_CONVENTION, structure)))


def _leave_out_invalid(found: Findings, base: str) -> None:
    """Drop what conventions say with something that is no IRI, and report it: a link in the metadata may be anything."""
    facts: set[str] = set().union(*found.facts.values())
    # Literals are passed over. The deployment's own IRIs are minted, and most of all.
    foreign = re.compile(rf'"(?:[^"\\]++|\\.)*+"|(<(?!{re.escape(base)})[^>]*>)')
    minted = f"<{base}"
    text = "".join((*facts, *(subject for subject in found.facts if not subject.startswith(minted))))
    invalid = {iri for iri in set(foreign.findall(text)) if iri and not is_iri(iri[1:-1])}
    if not invalid:
        return
    for iri in sorted(invalid):
        message = f"what was said with {iri[:300]} was left out, because no graph store takes it for an IRI"
        found.report("", "invalid-iri", message)
    wrong = {each for each in facts if not invalid.isdisjoint(foreign.findall(each))}
    sound = {subject: kept for subject, told in found.facts.items() if subject not in invalid and (kept := told - wrong)}
    found.facts = sound


def _fact_blocks(facts: Mapping[str, Collection[str]]) -> Iterator[bytes]:
    """The facts as lines, sorted, in blocks that fit the cache; no subject begins with another one."""
    subjects = sorted(facts)
    for start in range(0, len(subjects), _BLOCK):
        block = (subject + subject.join(sorted(facts[subject])) for subject in subjects[start : start + _BLOCK])
        yield "".join(block).encode()


def _add(found: Findings, more: Findings) -> None:
    """Put what two conventions found together."""
    for subject, facts in more.facts.items():
        found.tell(subject, facts)
    found.problems += more.problems
    for path, keys in more.consumed.items():
        found.consume(path, keys)


class _Writer:
    """Writes the structure graph; collects asserted lines and problems beside it.

    What does not depend on a node's name is kept as the text that follows the name, so that lines of many nodes are put together
    by ``name.join``.
    """

    def __init__(
        self, dataset_id: str, iris: Iris, contexts: Mapping[str, Json] | None, consumed: Mapping[str, Collection[str]]
    ) -> None:
        self._iris = iris
        self._contexts = contexts
        self._consumed = consumed
        self._id = literals.string(dataset_id)
        self._dataset = f"<{iris.dataset(dataset_id)}>"
        self._prefix = f"<{iris.node(dataset_id, '')}"
        self._in_dataset = f" <{terms.IN_DATASET}> {self._dataset} .\n"
        self._groups = {fmt: [_GROUP, self._in_dataset, f"{_FORMAT}{literals.integer(fmt)} .\n"] for fmt in SPECIFICATIONS}
        self._nodes: dict[str, str] = {}
        self._structures: dict[tuple[str, tuple[int, ...], tuple[str | None, ...]], list[str]] = {}
        self._dimensions: dict[tuple[int, int, str | None], str] = {}
        self._layouts: dict[str, str] = {}
        self._layout_lines: set[str] = set()
        self._attributes = AttributeWriter(iris)
        self.asserted: set[str] = set()
        self.problems: list[Problem] = []

    def blocks(self, hierarchy: Hierarchy) -> Iterator[bytes]:
        """The lines of the structure graph: those of the dataset, then those of the nodes, in blocks that fit the cache."""
        yield self._dataset_block(hierarchy).encode()
        for start in range(0, len(hierarchy.nodes), _BLOCK):
            lines: list[str] = []
            for node in hierarchy.nodes[start : start + _BLOCK]:
                self._node(node, lines)
            yield "".join(lines).encode()

    def _dataset_block(self, hierarchy: Hierarchy) -> str:
        dataset = self._dataset
        pairs = [
            (RDF_TYPE, f"<{DCAT}Dataset>"),
            (f"{DCT}identifier", self._id),
            *((f"{DCT}conformsTo", f"<{SPECIFICATIONS[fmt]}>") for fmt in hierarchy.zarr_formats),
        ]
        if hierarchy.nodes[0].path == "":
            pairs.append((terms.ROOT_NODE, f"{self._prefix}>"))
        return "".join(f"{dataset} <{predicate}> {value} .\n" for predicate, value in pairs)

    def _node(self, node: Node, lines: list[str]) -> None:
        path = node.path
        encoded = encoded_path(path)
        name = self._nodes[path] = f"{self._prefix}{encoded}>"
        folder, _, last = path.rpartition("/")
        parent = self._nodes.get(folder, "") if path else self._dataset
        if not parent:
            parent = self._nearest(folder)
        if isinstance(node, Array):
            key = (node.layout.digest, node.shape, node.dimension_names)
            structure = self._structures.get(key)
            if structure is None:
                structure = self._structures[key] = self._structure(node, lines)
        else:
            structure = self._groups[node.zarr_format]
        # What needs no escape in an IRI needs none in a literal.
        quoted, label = (f'"{path}"', f'"{last}"') if encoded == path else (literals.string(path), literals.string(last))
        lines.append(
            f"{name}{_PATH}{quoted} .\n"
            f"{name}{_LABEL}{label if path else self._id} .\n"
            f"{name}{_IS_PART_OF}{parent} .\n"
            f"{parent}{_HAS_PART}{name} .\n"
            f'{name}{_DIGEST}"{node.digest}" .\n'
            f"{name}{name.join(structure)}"
        )
        if node.attributes:
            self._node_attributes(name, node, lines)

    def _nearest(self, path: str) -> str:
        """The nearest node at or above a path; the dataset where there is none."""
        while path and path not in self._nodes:
            path = path.rpartition("/")[0]
        return self._nodes.get(path, self._dataset)

    def _structure(self, array: Array, lines: list[str]) -> list[str]:
        """What follows the name of every array of this shape, these dimensions and this layout."""
        dimensions = enumerate(zip(array.shape, array.dimension_names, strict=True))
        return [
            _ARRAY,
            self._in_dataset,
            f"{_SHAPE}{literals.json(canonical_json(array.shape))} .\n",
            f"{_DIMENSION_COUNT}{literals.integer(len(array.shape))} .\n",
            f"{_LAYOUT}{self._layout(array.layout, lines)} .\n",
            *(f"{_DIMENSION}{self._dimension(index, size, label, lines)} .\n" for index, (size, label) in dimensions),
            *(f" <{predicate}> {value} .\n" for predicate, value in unreadable_pairs(array.unreadable)),
        ]

    def _layout(self, layout: Layout, lines: list[str]) -> str:
        name = self._layouts.get(layout.digest)
        if name is None:
            name = self._layouts[layout.digest] = f"<{self._iris.layout(layout.digest)}>"
            # Layouts share codecs, and no line may stand twice.
            fresh = [line for line in layout_lines(layout, self._iris) if line not in self._layout_lines]
            self._layout_lines.update(fresh)
            lines += fresh
        return name

    def _dimension(self, index: int, size: int, label: str | None, lines: list[str]) -> str:
        name = self._dimensions.get((index, size, label))
        if name is None:
            name = self._dimensions[index, size, label] = f"<{self._iris.dimension(index, size, label)}>"
            facts = [
                f" <{RDF_TYPE}> <{terms.CLASS_DIMENSION}> .\n",
                f" <{terms.DIMENSION_INDEX}> {literals.integer(index)} .\n",
                f" <{terms.SIZE}> {literals.integer(size)} .\n",
            ]
            if label is not None:
                facts.append(f"{_LABEL}{literals.string(label)} .\n")
            lines.append(name + name.join(facts))
        return name

    def _node_attributes(self, name: str, node: Node, lines: list[str]) -> None:
        attributes = node.attributes
        if holds_linked_data(attributes):
            linked = read_linked_data(
                attributes,
                path=node.path,
                node_iri=name[1:-1],
                dataset_iri=self._dataset[1:-1],
                base_iri=self._iris.base,
                contexts=self._contexts,
            )
            self.asserted.update(linked.lines)
            self.problems.extend(linked.problems)
            lines += [f"{name} <{terms.DESCRIBES}> <{iri}> .\n" for iri in linked.subjects]
            attributes = linked.rest
        consumed = self._consumed.get(node.path)
        if consumed:
            attributes = {key: value for key, value in attributes.items() if key not in consumed}
        links = self._attributes.write(attributes, lines)
        if links:
            lines.append(name + name.join(links))
