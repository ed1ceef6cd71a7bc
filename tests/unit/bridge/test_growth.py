"""Does looking up one array take more when other datasets share its dimensions and layout?"""

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.bridge.array_ref import ArrayRef, resolve
from catalog.graphstore.bindings import Bindings, Term
from catalog.graphstore.door import GraphStore
from tests.support.zarr_documents import array_v3, group_v3
from tests.unit.bridge.catalogue import Catalogue, v3

NODES = {"": group_v3(), "a": array_v3([4, 6], dimension_names=["time", "x"])}


class Counting:
    """A graph store that counts the rows it answers."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self.rows = 0

    def select(self, text: str, values: Mapping[str, Sequence[Term]] | None = None, **how: Any) -> Bindings:
        answer = self._store.select(text, values, **how)
        self.rows += len(answer)
        return answer


def _look_up(catalogue: Catalogue) -> tuple[ArrayRef, int]:
    counting = Counting(catalogue.store)
    found = resolve(counting, catalogue.iris.node("first", "a"), catalogue.iris)  # type: ignore[arg-type]
    return found.one(), counting.rows


def test_one_array_takes_as_many_rows_in_a_larger_catalogue(catalogue: Catalogue) -> None:
    catalogue.add("first", v3(NODES))
    alone, rows = _look_up(catalogue)
    assert rows > 0
    for number in range(5):
        catalogue.add(f"other-{number}", v3(NODES))
    among_others, more_rows = _look_up(catalogue)
    assert among_others == alone
    assert among_others.array.dimension_names == ("time", "x")
    assert more_rows == rows
