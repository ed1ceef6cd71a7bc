"""What the attributes of a node mean by conventions that others agreed on.

One file per convention; each takes attributes and gives triples, and leaves the rest. A file without ``_`` in its name is a
convention and is found by that; the parts of a large one have its name and ``_``. ``jsonld`` is no such file: linked data that
the store itself states goes to another graph.
"""

import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from catalog.metadata.hierarchy import Hierarchy
    from catalog.rdf.convention import Convention, Wanted


@cache
def load_conventions() -> tuple["Convention", ...]:
    """All conventions, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if "_" not in module.name and module.name != "jsonld")
    return tuple(cast("Convention", import_module(f"{__name__}.{name}")) for name in names)


def find_conventions(hierarchy: "Hierarchy") -> tuple["Convention", ...]:
    """The conventions that a hierarchy follows."""
    keys: set[str] = set()
    for node in hierarchy.nodes:
        keys.update(node.attributes)
    return tuple(convention for convention in load_conventions() if convention.applies(hierarchy, keys))


def all_wanted(hierarchy: "Hierarchy", conventions: Iterable["Convention"]) -> "Wanted":
    """What these conventions want together, each thing once."""
    from catalog.rdf.convention import Wanted  # noqa: PLC0415  convention and hierarchy would import each other

    wanted = [convention.wants(hierarchy) for convention in conventions]
    kinds = ([each.files for each in wanted], [each.ends for each in wanted], [each.whole for each in wanted])
    return Wanted(*(tuple(dict.fromkeys(item for part in kind for item in part)) for kind in kinds))
