"""How does a dataset leave the catalogue?

All its graphs go, in both audiences; so do the links to it in the records of other datasets. What the archive holds stays:
another dataset may hold the same object.
"""

from catalog.metadata.dataset import Dataset
from catalog.services.force import remove
from catalog.services.registry import Registry
from catalog.services.workspace import Workspace


def delete(workspace: Workspace, name: str) -> Dataset:
    """Remove a dataset, by its id or IRI; what was recorded about it comes back.

    Raises
    ------
    NotFoundError
        There is none; nothing was changed.
    """
    registry = Registry(workspace.catalog, workspace.iris)
    dataset = registry.require(name)
    remove(workspace, dataset, registry.parts_of(dataset.id))
    return dataset
