"""Does Fuseki, too, take what is bound as a term for just that term?"""

from tests.support.fuseki import FusekiServer
from tests.unit.graphstore.test_random_terms import check_round_trip, terms


def test_random_texts_come_back(fuseki: FusekiServer) -> None:
    with fuseki.store() as store:
        check_round_trip(store, terms(seed=11, count=8_000))
