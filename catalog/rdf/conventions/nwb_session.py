"""What was recorded, when, and of whom?

NWB keeps these facts in arrays of one element with fixed places; attributes of the root are taken where they have the same names.
Source: NWB schema 2: NWBFile, Subject.
"""

from collections.abc import Iterator, Mapping

from catalog.metadata.array import Array
from catalog.metadata.document import Json
from catalog.metadata.hierarchy import Hierarchy
from catalog.metadata.node_parser import Node
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings, Given
from catalog.rdf.places import parse_instant, say_period
from catalog.rdf.prefixes import DCT, PREFIXES

SCHEMA = PREFIXES["schema"]
SUBJECT = "general/subject"

_TEXTS = {
    "identifier": f"{SCHEMA}identifier",
    "session_description": f"{DCT}description",
    "general/session_id": terms.SESSION_ID,
    "general/experiment_description": f"{DCT}abstract",
    "general/institution": terms.INSTITUTION,
    "general/lab": terms.LAB,
}
_INSTANTS = {"session_start_time": f"{DCT}date", "timestamps_reference_time": terms.TIMESTAMPS_REFERENCE_TIME}
_SUBJECT_TEXTS = {
    "subject_id": f"{SCHEMA}identifier",
    "species": terms.SPECIES,
    "sex": terms.SEX,
    "age": terms.AGE,
    "genotype": terms.GENOTYPE,
    "description": f"{DCT}description",
}


def session_arrays(hierarchy: Hierarchy) -> Iterator[str]:
    """Paths of the arrays of one element that say what the session was, as far as they are there."""
    known = {*_TEXTS, *_INSTANTS, *(f"{SUBJECT}/{name}" for name in _SUBJECT_TEXTS)}
    for array in hierarchy.arrays:
        if array.path in known and array.shape in ((), (1,)):
            yield array.path


def describe_session(nodes: Mapping[str, Node], about: About, given: Given, found: Findings) -> None:
    """Say what the session was, as far as attributes or elements that were read tell."""
    root = nodes.get("")
    if root is None or root.attributes.get("neurodata_type") != "NWBFile":
        return
    version = root.attributes.get("nwb_version")
    if isinstance(version, str):
        found.say(about.dataset, terms.NWB_VERSION, literals.string(version))
        found.consume("", ["nwb_version"])
    for path, predicate in _TEXTS.items():
        text = _text(path, root, nodes, given)
        if text:
            found.say(about.dataset, predicate, literals.string(text))
    for path, predicate in _INSTANTS.items():
        text = _text(path, root, nodes, given)
        instant = parse_instant(text)
        if instant:
            found.say(about.dataset, predicate, literals.date_time(instant))
        elif text:
            message = f"{path} is {text!r:.80}; an instant such as 2020-12-11T22:38:32Z is needed"
            found.report(path if path in nodes else "", "invalid-datetime", message)
        if instant and path == "session_start_time":
            say_period(found, about, about.dataset, instant, None)
    subject = nodes.get(SUBJECT)
    if subject is not None:
        found.say(about.dataset, f"{DCT}subject", about.node(SUBJECT))
        for name, predicate in _SUBJECT_TEXTS.items():
            if text := _text(f"{SUBJECT}/{name}", subject, nodes, given):
                found.say(about.node(SUBJECT), predicate, literals.string(text))


def _text(path: str, holder: Node, nodes: Mapping[str, Node], given: Given) -> str | None:
    """The text at a path: an element that was read, or the attribute of that name."""
    values = given.values.get(path)
    if isinstance(nodes.get(path), Array) and values and values.whole and len(values.first) == 1:
        first = values.first[0]
        return first if isinstance(first, str) else None
    stated: Json = holder.attributes.get(path.rpartition("/")[2])
    return stated if isinstance(stated, str) else None
