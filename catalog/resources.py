"""Where are the files that belong to the program but are not Python: the ontology and the shapes?

In an installed wheel they lie inside the package, in a checkout beside it.
"""

from pathlib import Path
from typing import Literal

from catalog.errors import NotFoundError

Resource = Literal["ontology", "shapes"]
_PACKAGE = Path(__file__).resolve().parent


def resource(name: Resource, package: Path = _PACKAGE) -> Path:
    """The folder of a resource.

    Parameters
    ----------
    name
        ``ontology`` or ``shapes``.
    package
        Folder of the package, where it is not this one.

    Raises
    ------
    NotFoundError
        The installation is broken: neither place has the folder.
    """
    for folder in (package / "_data" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise NotFoundError(f"the folder {name!r} is missing beside {str(package)!r}: install the package again")
