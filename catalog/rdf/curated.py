"""What may people add to a dataset, and how do they name it?

A steward may say anything about the dataset, its nodes and the world, but for what only the store or the catalogue itself can
know: where data lies and how it is read.
"""

from collections.abc import Iterable, Mapping

from catalog.errors import InputError
from catalog.metadata.document import Json
from catalog.rdf import literals, terms
from catalog.rdf.conventions.jsonld_filter import ACCESS_CLASSES, ACCESS_TERMS
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import DCAT, DCT, PREFIXES, RDF_TYPE
from catalog.rdf.statements import Statement, parse_term

SHORT_NAMES = {
    "title": f"{DCT}title",
    "description": f"{DCT}description",
    "license": f"{DCT}license",
    "licence": f"{DCT}license",
    "creator": f"{DCT}creator",
    "publisher": f"{DCT}publisher",
    "contributor": f"{DCT}contributor",
    "contact": f"{DCAT}contactPoint",
    "keyword": f"{DCAT}keyword",
    "theme": f"{DCAT}theme",
    "subject": f"{DCT}subject",
    "sample": f"{PREFIXES['sosa']}hasFeatureOfInterest",
    "instrument": f"{PREFIXES['sosa']}madeBySensor",
    "source": f"{DCT}source",
    "rights": f"{DCT}rights",
    "issued": f"{DCT}issued",
    "see-also": "http://www.w3.org/2000/01/rdf-schema#seeAlso",
    "comment": "http://www.w3.org/2000/01/rdf-schema#comment",
}
"""Words for ``--set``, and the property that each stands for."""

_ONLY_THE_CATALOGUE = ACCESS_TERMS | {f"{DCT}identifier", f"{DCT}hasPart", f"{DCT}isPartOf"}
_STRUCTURE = {
    getattr(terms, name)
    for name in (
        "PATH", "SHAPE", "LAYOUT", "DIMENSION", "DIMENSION_COUNT", "DIMENSION_INDEX", "SIZE", "DIGEST", "IN_DATASET", "ROOT_NODE",
        "ZARR_FORMAT", "LOCATION", "ACCESS", "CURRENT_SNAPSHOT", "REJECTED_SNAPSHOT", "WAIVER", "CONVENTION", "BASE_IRI",
    )
}  # fmt: skip
_CLASSES = ACCESS_CLASSES | {
    terms.CLASS_ZARR_ARRAY,
    terms.CLASS_ZARR_GROUP,
    terms.CLASS_DIMENSION,
    terms.CLASS_LAYOUT,
    terms.CLASS_SNAPSHOT,
    terms.CLASS_WAIVER,
    terms.CLASS_CATALOG,
    terms.CLASS_REFERENCE_GRAPH,
}


def check_curated(statements: Iterable[Statement], dataset_id: str, iris: Iris) -> None:
    """Refuse statements that people may not add to a dataset.

    Raises
    ------
    InputError
        Names the first statement, and why.
    """
    own = iris.dataset(dataset_id)
    for each in statements:
        if each.subject.startswith(iris.base) and not _is_own(each.subject, own) and not each.subject.startswith(iris.skolem):
            raise InputError(
                f"<{each.subject}> belongs to the catalogue or to another dataset: a curated graph describes {own} and its nodes"
            )
        fault = catalogue_fault(each)
        if fault:
            raise InputError(fault)


def catalogue_fault(statement: Statement) -> str:
    """Why a statement is not for people to make; ``""`` where it is."""
    if statement.predicate in _STRUCTURE or statement.predicate in _ONLY_THE_CATALOGUE:
        return f"<{statement.predicate}> is for the catalogue to state: it says where data lies and how it is read"
    if statement.predicate == RDF_TYPE and statement.target[1:-1] in _CLASSES:
        return f"{statement.target} is a class whose members only the catalogue names"
    return ""


def _is_own(iri: str, own: str) -> bool:
    return "/../" not in iri and (iri == own or iri.startswith((f"{own}/nodes/", f"{own}#")))


def parse_setting(text: str, subject: str, base: str) -> Statement:
    """A statement from ``PROPERTY=VALUE``.

    Parameters
    ----------
    text
        The property is a word of `SHORT_NAMES`, a prefixed name or an IRI. The value is taken as text, unless it begins with
        ``http://``, ``https://`` or ``urn:`` (an IRI), or is written as Turtle writes terms: ``<IRI>``, ``"text"@en``,
        ``"5"^^xsd:integer``.
    subject
        What it is about: IRI of the dataset or of a node.

    Raises
    ------
    InputError
        It has no ``=``, the property is not known, or the value is no term.
    """
    name, equals, value = text.partition("=")
    if not equals or not value.strip():
        raise InputError(f"--set is {text!r}; write PROPERTY=VALUE, such as title='North Sea, 2020'")
    return Statement(subject, parse_property(name.strip(), base), _value(value.strip(), base))


def parse_property(name: str, base: str) -> str:
    """The IRI of a property that a word, a prefixed name or an IRI names.

    Raises
    ------
    InputError
        It names none.
    """
    if name in SHORT_NAMES:
        return SHORT_NAMES[name]
    known = ", ".join(sorted(SHORT_NAMES))
    wrapped = f"<{name}>" if "://" in name and not name.startswith("<") else name
    if ":" not in wrapped:
        raise InputError(f"{name!r} is no property; write an IRI, prefix:name, or one of {known}")
    term = parse_term(wrapped, base)
    if not term.startswith("<"):
        raise InputError(f"{name!r} is no property; write an IRI, prefix:name, or one of {known}")
    return term[1:-1]


def parse_patch(patch: Mapping[str, Json], subject: str, base: str) -> tuple[set[str], list[Statement]]:
    """A JSON merge patch: the properties whose values are replaced, and the statements that replace them.

    Parameters
    ----------
    patch
        Property → its values. Properties are named as in `parse_property`. A value is a text, taken as in `parse_setting`; a
        number; true or false; ``{"@id": IRI}``; ``{"@value": TEXT}`` with ``@language`` or ``@type``; a list of these; or null,
        which takes the property out.
    subject
        What it is about.

    Raises
    ------
    InputError
        A property is not known, or a value is none of these.

    Notes
    -----
    Source: RFC 7396, JSON Merge Patch; JSON-LD 1.1, section 9.5, value objects.
    """
    replaced, added = set[str](), list[Statement]()
    for name, given in patch.items():
        predicate = parse_property(name, base)
        replaced.add(predicate)
        values = given if isinstance(given, list) else [] if given is None else [given]
        added += [Statement(subject, predicate, _patch_value(name, value, base)) for value in values]
    return replaced, added


def _patch_value(name: str, value: Json, base: str) -> str:
    match value:
        case str():
            return _value(value, base)
        case bool() | int() | float():
            return literals.scalar(value)
        case {"@id": str(iri), **rest} if not rest:
            return parse_term(f"<{iri}>", base)
        case {"@value": str(text), "@language": str(tag), **rest} if not rest:
            return parse_term(f"{literals.string(text)}@{tag}", base)
        case {"@value": str(text), "@type": str(kind), **rest} if not rest:
            return parse_term(f"{literals.string(text)}^^{f'<{kind}>' if '://' in kind else kind}", base)
        case {"@value": str(text), **rest} if not rest:
            return literals.string(text)
    raise InputError(
        f'the value of {name!r} cannot be used; write a text, a number, true or false, {{"@id": IRI}}, {{"@value": TEXT}} with'
        ' "@language" or "@type", a list of these, or null'
    )


def _value(text: str, base: str) -> str:
    if text.startswith(("http://", "https://", "urn:")):
        return parse_term(f"<{text}>", base)
    if text.startswith(("<", '"')):
        return parse_term(text, base)
    return literals.string(text)
