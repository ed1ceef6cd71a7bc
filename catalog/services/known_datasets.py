"""Which dataset has this id, where that was asked a moment ago and nothing changed since?

Whoever reads a store through the service asks for one dataset a thousand times, once for each chunk. What a graph store answered
is kept as long as it still holds the same; of one that cannot tell, nothing is kept. What is not there is never remembered.
"""

import threading
from collections import OrderedDict
from typing import Final

from catalog.errors import InputError
from catalog.graphstore.door import GraphStore, KnowsItsState
from catalog.metadata.dataset import Dataset
from catalog.rdf.iris import Iris, safe_id
from catalog.services.registry import Registry

MAX_KNOWN: Final = 1_000
"""Datasets that are remembered; the one that was not asked for longest is forgotten first."""


class KnownDatasets:
    """The datasets that were asked for last. Threads may share it.

    Parameters
    ----------
    iris
        Of the deployment.
    """

    def __init__(self, iris: Iris) -> None:
        self._iris = iris
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], tuple[str, Dataset]] = OrderedDict()

    def find(self, store: GraphStore, dataset_id: str) -> Dataset | None:
        """The dataset of an id, as a graph store has it now; None where there is none, or the id can be that of none.

        Raises
        ------
        GraphStoreUnavailableError
            The store did not answer.
        """
        state = store.state() if isinstance(store, KnowsItsState) else ""
        key = (store.audience, dataset_id)
        if state:
            with self._lock:
                kept, dataset = self._known.get(key, ("", None))
                if kept == state:
                    self._known.move_to_end(key)
                    return dataset
        try:
            safe_id(dataset_id)
        except InputError:
            return None
        dataset = Registry(store, self._iris).by_id(dataset_id)
        if state:
            self._keep(key, state, dataset)
        return dataset

    def _keep(self, key: tuple[str, str], state: str, dataset: Dataset | None) -> None:
        with self._lock:
            self._known.pop(key, None)
            if dataset is not None:
                self._known[key] = state, dataset
            if len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
