"""How do people see what a SPARQL query is answered?"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from catalog.graphstore.bindings import Bindings, Term
from catalog.rdf.iris import Iris
from catalog.ui.rendering import render
from catalog.ui.shown import Format, Shower, Shown
from catalog.ui.thing_pages import Site

MAX_ROWS: Final = 1000
"""Rows that a page shows."""
_TABLES: Final = {"csv": "CSV", "tsv": "TSV", "json": "JSON", "xml": "XML"}
_GRAPHS: Final = {"turtle": "Turtle", "ntriples": "N-Triples", "jsonld": "JSON-LD", "rdfxml": "RDF/XML"}


def answer_page(
    site: Site,
    iris: Iris,
    query: str,
    dataset: Sequence[tuple[str, str]],
    answer: Bindings | str | None,
    *,
    is_table: bool,
    size: int,
) -> bytes:
    """The page of an answer, with the query in a form again.

    Parameters
    ----------
    dataset
        Parameters that say which graphs were asked.
    answer
        A table, or triples as Turtle; None: it is too large to be shown.
    is_table
        Whether it is a table.
    size
        Of the whole answer, in bytes.
    """
    shower = Shower(iris)
    names = _TABLES if is_table else _GRAPHS
    files = [Format(shown, "", f"?{urlencode([('query', query), *dataset, ('format', name)])}") for name, shown in names.items()]
    table = answer if isinstance(answer, Bindings) else None
    rows = [[_cell(shower, term) for term in row] for row in table.rows[:MAX_ROWS]] if table else []
    return render(
        "answer", site=site, title="Answer", formats=[], query=query, files=files, size=size, table=table, rows=rows,
        turtle=answer if isinstance(answer, str) else None,
    )  # fmt: skip


def _cell(shower: Shower, term: Term | None) -> Shown:
    return Shown("") if term is None else shower.value(term)
