"""Do the documents inside a consolidated one say what the store's own documents say?

A consolidated document is a copy, and a copy goes stale. Each document in it is compared, as a JSON value, with the member
document that it was made from: order of members and white space play no part, ``1`` and ``1.0`` differ (they do in the graph
too), NaN equals itself. Of a v3 group, ``consolidated_metadata`` is left out on both sides: it is the copy, not what was copied.
Source: zarr-python, "Consolidated metadata" (v2 format 1; v3 ``inline``); RFC 6901.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from catalog.errors import Problem
from catalog.metadata.consolidated import V2_NAMES, accept_key, is_consolidated_v2, is_consolidated_v3, split_v2, split_v3
from catalog.metadata.document import DEFAULT_LIMITS, Document, DocumentLimits, Json, canonical_json, parse_document
from catalog.metadata.node_parser import NodeParser

Kind = Literal["stale-missing", "stale-unnamed", "stale-differing", "stale-unreadable"]
MEMBER_NAMES = ("zarr.json", *V2_NAMES)
_COPY = "consolidated_metadata"
ABSENT: Json = object()
"""Stands where one side has nothing."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One document that a consolidated document and the store do not agree on.

    Attributes
    ----------
    key
        Key of the member document.
    kind
        ``stale-missing``: named, and not in the store. ``stale-unnamed``: in the store, and not named. ``stale-differing``: they
        say different things. ``stale-unreadable``: the member cannot be read as a node's document, while the copy can.
    message
        What each side says.
    pointer
        Where they first differ (RFC 6901); ``""`` is the whole document.
    """

    key: str
    kind: Kind
    message: str
    pointer: str = ""

    def to_problem(self) -> Problem:
        """The disagreement as it is reported."""
        return Problem(self.key, self.kind, self.message, self.pointer, "warning")


@dataclass(frozen=True, slots=True)
class Copies:
    """What a consolidated document holds.

    Attributes
    ----------
    key
        Its own key.
    base
        Path of the group that it consolidates; ``""`` is the root.
    zarr_format
        2 or 3.
    documents
        Key of a member document → what the copy of it says. The document's own root (v3) is no copy and not among them.
    """

    key: str
    base: str
    zarr_format: int
    documents: Mapping[str, Json]

    def covers(self, key: str, present: Container[str]) -> bool:
        """Whether the copy ought to name a member document, given the keys of all that are there.

        Where a node has documents of both formats, those of the copy's own format are what it was made from.
        """
        folder, _, name = key.rpartition("/")
        outside = self.base and not f"{folder}/".startswith(f"{self.base}/")
        if name not in MEMBER_NAMES or key == self.key or outside:
            return False
        if (name == "zarr.json") == (self.zarr_format == 3):
            return True
        others = (".zgroup", ".zarray") if self.zarr_format == 2 else ("zarr.json",)
        return not any(_join(folder, other) in present for other in others)


def split_copies(document: Document, limits: DocumentLimits = DEFAULT_LIMITS) -> Copies | None:
    """The copies in a consolidated document; None where it is none. Unsafe keys are left out: its reader reports them."""
    value = parse_document(document, limits).value
    base, _, name = document.key.rpartition("/")
    found: dict[str, Json] = {}
    if is_consolidated_v3(value):
        for path, copy in split_v3(value).items():
            if path and accept_key(path, []):
                found[_join(_join(base, path), "zarr.json")] = copy
        return Copies(document.key, base, 3, found)
    if name in MEMBER_NAMES or not is_consolidated_v2(value):
        return None
    for kind, copies in split_v2(value, []).items():
        found |= {_join(_join(base, path), kind): copy for path, copy in copies.items() if accept_key(path, [])}
    return Copies(document.key, base, 2, found)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and name else folder or name


def compare(
    copies: Copies,
    members: Mapping[str, Document],
    missing: Iterable[str] = (),
    limits: DocumentLimits = DEFAULT_LIMITS,
) -> list[Disagreement]:
    """Everything that a consolidated document and the store do not agree on, sorted by key.

    Parameters
    ----------
    copies
        What the consolidated document holds.
    members
        Documents of the store by key, those among them that the consolidated document does not name.
    missing
        Keys that it names and the store says are not there. A key that is neither here nor among ``members`` was not looked at,
        and nothing is said about it.
    """
    found = [
        Disagreement(key, "stale-missing", f"{copies.key!r} names {key!r}, and the store does not have it")
        for key in missing
        if key in copies.documents
    ]
    for key, member in members.items():
        if key in copies.documents:
            one = _compare_one(copies, key, member, limits)
            found += [one] if one else []
        elif copies.covers(key, members):
            message = f"the store has {key!r}, and {copies.key!r} does not name it"
            found.append(Disagreement(key, "stale-unnamed", message))
    return sorted(found, key=lambda each: each.key)


def _compare_one(copies: Copies, key: str, member: Document, limits: DocumentLimits) -> Disagreement | None:
    copy = _without_copy(key, copies.documents[key])
    parsed = parse_document(member, limits)
    faults = [problem.message for problem in parsed.problems if problem.severity == "error"]
    if faults:
        return Disagreement(key, "stale-unreadable", f"{faults[0]}; {copies.key!r} has a copy of it")
    value = _without_copy(key, parsed.value)
    if canonical_json(copy) == canonical_json(value):
        return None
    if _is_readable(key, copy) and not _is_readable(key, value):
        message = f"{key!r} describes no node that can be read; {copies.key!r} has a copy of it that does"
        return Disagreement(key, "stale-unreadable", message)
    pointer, old, new = first_difference(copy, value)
    where = f" at {pointer:.200}" if pointer else ""
    message = f"{copies.key!r} and {key!r} differ{where}: {_shown(old)} in the copy, {_shown(new)} in the store's own document"
    return Disagreement(key, "stale-differing", message, pointer)


def _without_copy(key: str, value: Json) -> Json:
    if key.rpartition("/")[2] == "zarr.json" and isinstance(value, dict) and _COPY in value:
        return {name: member for name, member in value.items() if name != _COPY}
    return value


def _is_readable(key: str, value: Json) -> bool:
    """Whether a document alone gives what it is there for."""
    name = key.rpartition("/")[2]
    if not isinstance(value, dict):
        return False
    parser = NodeParser()
    if name == "zarr.json":
        return parser.node_v3("", value) is not None
    return name != ".zarray" or parser.array_v2("", value, None) is not None


def first_difference(left: Json, right: Json) -> tuple[str, Json, Json]:
    """Where two JSON values first differ, and what stands there; names in the order of their characters.

    Returns
    -------
    tuple
        JSON pointer, and the values; the value is ``ABSENT`` on the side that has none. ``""`` with equal values where the two
        are equal.
    """
    pointer = ""
    while True:
        steps: Iterable[tuple[str, Json, Json]]
        if isinstance(left, dict) and isinstance(right, dict):
            names = sorted(left.keys() | right.keys())
            steps = ((name, left.get(name, ABSENT), right.get(name, ABSENT)) for name in names)
        elif isinstance(left, list) and isinstance(right, list):
            length = max(len(left), len(right))
            steps = ((str(i), _item(left, i), _item(right, i)) for i in range(length))
        else:
            return pointer, left, right
        for name, old, new in steps:
            if old is ABSENT or new is ABSENT or canonical_json(old) != canonical_json(new):
                pointer += "/" + name.replace("~", "~0").replace("/", "~1")
                left, right = old, new
                break
        else:
            return pointer, left, right


def _item(values: list[Json], index: int) -> Json:
    return values[index] if index < len(values) else ABSENT


def _shown(value: Json) -> str:
    if value is ABSENT:
        return "nothing"
    text = canonical_json(value)
    return text if len(text) <= 80 else text[:80] + "…"


def merge(copies: Copies, members: Mapping[str, Document], missing: Iterable[str], unreadable: Iterable[str]) -> list[Document]:
    """The documents that members give, each readable one in place of its copy, sorted by key.

    Parameters
    ----------
    missing
        Keys that the store does not have; their copies are dropped.
    unreadable
        Keys of members that cannot be read; their copies stay. What is neither read nor missing keeps its copy too.

    Returns
    -------
    list of Document
        Without the consolidated document, except for v3, where it is the root's own document.
    """
    gone, bad = set(missing), set(unreadable)
    taken = {key: member for key, member in members.items() if key not in bad and _belongs(copies, key, members)}
    for key, copy in copies.documents.items():
        if key not in taken and key not in gone:
            taken[key] = Document(key, canonical_json(copy).encode("utf-8", "surrogatepass"))
    return [taken[key] for key in sorted(taken)]


def _belongs(copies: Copies, key: str, members: Mapping[str, Document]) -> bool:
    """Whether a member is one that the consolidated document names or ought to name, or its own root."""
    return key in copies.documents or copies.covers(key, members) or (copies.zarr_format == 3 and key == copies.key)
