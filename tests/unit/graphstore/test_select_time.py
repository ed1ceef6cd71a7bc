"""Is a question of our own given up when its time is over, by the store that a service reads?"""

from pathlib import Path

import pytest

from catalog.errors import LimitExceededError
from catalog.graphstore.bindings import Iri, Literal
from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.graphstore.published import PublishedGraphStore
from catalog.rdf.iris import Iris
from catalog.services.search import SearchLimits, search
from catalog.services.search_request import read_search

_ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
_PLAIN = "SELECT ?s ?v WHERE {\n#VALUES v\n?s <urn:p> ?v }"


def test_what_takes_too_long_is_given_up_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = b"".join(f'<urn:s{at:03}> <urn:p> "v{at}" .\n'.encode() for at in range(300))
    with EmbeddedGraphStore(tmp_path) as writer:
        writer.apply([GraphUpdate("urn:g", lines)])
    with PublishedGraphStore(tmp_path) as store:
        with pytest.raises(LimitExceededError, match="given up") as caught:
            store.select(_ENDLESS, timeout=0.5)
        assert caught.value.limit == "sparql-seconds"
        values = {"v": [Literal("v7"), Literal("none")]}
        found = store.select(_PLAIN, values, timeout=30)
        assert found.rows == [(Iri("urn:s007"), Literal("v7"))]
        assert store.select(_PLAIN, values) == found
        request = read_search({"kind": "datasets", "filter": {"title__contains": "x"}})
        with pytest.raises(LimitExceededError, match="the search was given up after") as caught:
            search(store, Iris(), request, SearchLimits(seconds=1e-9))
        assert caught.value.limit == "search-seconds"
        assert search(store, Iris(), request, SearchLimits(seconds=30)).total == 0
