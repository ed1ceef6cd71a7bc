"""How are texts found in Fuseki? By its own index (jena-text, Lucene) where it has one, else by looking at every text.

``fuseki/config.ttl`` gives each audience an index that cuts and folds texts as `catalog.graphstore.text_words` does. Texts about
what nodes describe may use any property, which no index of Fuseki covers: these are looked at one by one in any case.

Source: Apache Jena, "Jena Full Text Search", "Query with SPARQL" and "Configuration"; Lucene, syntax of the classic QueryParser.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Final

from catalog.graphstore.bindings import Iri, Literal
from catalog.graphstore.bindings import Term as Value
from catalog.graphstore.queries import load_query
from catalog.graphstore.text_search import Candidate, Select, read_candidates, sample_text, scan_described, scan_texts
from catalog.graphstore.text_words import Term, split_text

LOOK_SECONDS: Final = 300.0
"""How long it is taken for granted that a server without an index has none."""


class FusekiTexts:
    """The texts of one Fuseki dataset.

    Parameters
    ----------
    select
        Asks it.
    """

    def __init__(self, select: Select) -> None:
        self._select = select
        self._indexed: bool | None = None
        self._looked = 0.0

    def candidates(self, terms: Sequence[Term], select: Select) -> Iterable[Candidate]:
        """The texts that hold any of the terms, the best of them where there are many.

        Parameters
        ----------
        select
            Asks the same Fuseki dataset, within a time.
        """
        if not self._has_index():
            return scan_texts(terms, select)
        rows = select(load_query("text-index"), {"words": [Literal(write_lucene(terms))]})
        return (*read_candidates(rows), *scan_described(terms, select))

    def _has_index(self) -> bool:
        if self._indexed is None or (not self._indexed and time.monotonic() - self._looked > LOOK_SECONDS):
            self._looked = time.monotonic()
            self._indexed = has_index(self._select)
        return self._indexed is True


def has_index(select: Select) -> bool | None:
    """Whether an index finds a text that is there; None where there is nothing to find."""
    sample = sample_text(select)
    if sample is None:
        return None
    words = split_text(sample.text).words
    if not words:
        return None
    values: dict[str, Sequence[Value]] = {
        "subject": [Iri(sample.subject)],
        "property": [Iri(sample.property)],
        "words": [Literal(write_lucene([Term(words[:1], words[:1])]))],
    }
    return any(score is not None for score in select(load_query("text-index-probe"), values).values("score"))


def write_lucene(terms: Sequence[Term]) -> str:
    """The query for any of the terms, in the syntax of Lucene's query parser.

    Words hold none of its characters, all of which separate words, and none of its operators, which are in upper case.
    """
    each = (_write_term(words, begins=term.begins) for term in terms for words in dict.fromkeys((term.words, term.spelt)))
    return f"({' OR '.join(each)})"


def _write_term(words: Sequence[str], *, begins: bool) -> str:
    if begins:  # no quotation ends with a beginning: whether they stand side by side is seen later
        return f"({' AND '.join((*words[:-1], f'{words[-1]}*'))})"
    return f'"{" ".join(words)}"'
