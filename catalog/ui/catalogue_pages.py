"""How do people see the catalogue as a whole: its first page, the list of datasets, the terms that it speaks in?"""

from collections.abc import Sequence
from typing import Final

from catalog.graphstore.bindings import Iri, Literal
from catalog.rdf.dcat import Entry
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import PREFIXES
from catalog.rdf.void import Counts
from catalog.services.catalogue import CataloguePage
from catalog.services.describe import Description, Said
from catalog.services.vocabulary import PublishedVocabulary, VocabularyTerm, literal_text, vocabulary_names
from catalog.ui.rendering import render
from catalog.ui.shown import Shower
from catalog.ui.thing_pages import Site

_QUERY: Final = "SELECT ?dataset ?title WHERE { ?dataset a dcat:Dataset ; rdfs:label ?title } LIMIT 20"


def home_page(site: Site, iris: Iris, counts: Counts, newest: Sequence[Entry]) -> bytes:
    """The first page."""
    return render("home", site=site, shower=Shower(iris), title="Home", formats=[], counts=counts, entries=newest, query=_QUERY)


def catalogue_page(site: Site, iris: Iris, found: CataloguePage) -> bytes:
    """One page of the list of datasets."""
    shower = Shower(iris)
    formats = shower.formats(iris.catalogue, found.page)
    return render("catalogue", site=site, shower=shower, title="Datasets", formats=formats, found=found)


def void_page(site: Site, iris: Iris, counts: Counts) -> bytes:
    """What the catalogue holds, in figures."""
    shower, void = Shower(iris), PREFIXES["void"]
    figures = [("datasets", counts.datasets), ("groups", counts.groups), ("arrays", counts.arrays), ("triples", counts.triples)]
    said = [Said(iris.void, f"{void}{name}", Literal(str(value))) for name, value in figures]
    said.append(Said(iris.void, f"{void}sparqlEndpoint", Iri(f"{iris.base}sparql")))
    return render(
        "thing", site=site, shower=shower, title="What this catalogue holds", formats=shower.formats(iris.void),
        rows=shower.rows(said), details=[], links=[], complete=True,
    )  # fmt: skip


def vocabulary_page(site: Site, iris: Iris, vocabulary: PublishedVocabulary, files: Sequence[str]) -> bytes:
    """The terms of a vocabulary; ``files`` are paths in this deployment of what it is written in."""
    shower = Shower(iris)
    terms = [(term, [shower.name(kind) for kind in term.kinds]) for term in vocabulary.terms.values()]
    others = [name for name in vocabulary_names() if "/" in name] if vocabulary.name == "shapes" else []
    return render(
        "vocabulary", site=site, shower=shower, title=vocabulary.title, formats=shower.formats(iris.base + vocabulary.name),
        namespace=f"{vocabulary.iri}#", terms=terms, files=files, others=others,
    )  # fmt: skip


def term_page(site: Site, iris: Iris, term: VocabularyTerm, used: Description | None) -> bytes:
    """One term or shape; ``used``: what the catalogue says of it beside."""
    shower = Shower(iris)
    said = [Said(each.subject, each.predicate, _term(each.target)) for each in term.statements]
    parts = sorted({each.subject for each in said if each.subject != term.iri})
    links = used.links if used else ()
    return render(
        "thing", site=site, shower=shower, title=term.label, formats=shower.formats(iris.published(term.iri)),
        rows=shower.rows([each for each in said if each.subject == term.iri]),
        details=[(shower.link(part, "unnamed"), shower.rows([s for s in said if s.subject == part])) for part in parts],
        links=[(shower.link(each.subject), shower.link(each.predicate)) for each in links],
        complete=True,
    )  # fmt: skip


def _term(target: str) -> Iri | Literal:
    text = literal_text(target)
    if target.startswith("<"):
        return Iri(text)
    language = target.rpartition("@")[2] if not target.endswith(('"', ">")) else None
    return Literal(text, language=language)
