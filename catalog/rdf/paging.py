"""How does a document say that it is one page of several?

In the words of Hydra, which every page of the catalogue uses: ``<thing> hydra:view <page>``, and from the page to its neighbours.

Source: Hydra Core Vocabulary, section 5.5 "Collections", hydra:PartialCollectionView.
"""

from catalog.rdf import literals
from catalog.rdf.prefixes import RDF_TYPE

HYDRA = "http://www.w3.org/ns/hydra/core#"


def page_iri(iri: str, page: int) -> str:
    """One page of what has several, from 1; it answers like the thing itself."""
    return f"{iri}?page={page}"


def page_lines(iri: str, page: int, pages: int, total: int | None = None) -> list[str]:
    """Which page this is, and where the others are; nothing where it is the only one.

    Parameters
    ----------
    iri
        What the pages are about.
    page, pages
        The number of this page, from 1, and of the last one.
    total
        Members on all pages, where the thing is a collection.
    """
    lines = [] if total is None else [
        f"<{iri}> <{RDF_TYPE}> <{HYDRA}Collection> .\n",
        f"<{iri}> <{HYDRA}totalItems> {literals.integer(total)} .\n",
    ]  # fmt: skip
    if pages <= 1:
        return lines
    view = f"<{page_iri(iri, page)}>"
    neighbours = {"first": 1, "previous": page - 1, "next": page + 1, "last": pages}
    return [
        *lines,
        f"<{iri}> <{HYDRA}view> {view} .\n",
        f"{view} <{RDF_TYPE}> <{HYDRA}PartialCollectionView> .\n",
        *(f"{view} <{HYDRA}{name}> <{page_iri(iri, at)}> .\n" for name, at in neighbours.items() if 1 <= at <= pages),
    ]
