"""With what can people open a dataset or an array, and how? Always through this service: no other address is told.

Source: napari-ome-zarr; vizarr, README; Neuroglancer, "Zarr" data source; Xarray, ``open_zarr``.
"""

import json
from dataclasses import dataclass
from urllib.parse import quote

from catalog.rdf.iris import Iris, encoded_path

_VIZARR = "https://hms-dbmi.github.io/vizarr/"
_NEUROGLANCER = "https://neuroglancer-demo.appspot.com/"


@dataclass(frozen=True, slots=True)
class Opening:
    """One way to open something.

    Attributes
    ----------
    name
        The program.
    href
        Where a click leads; ``""`` where there is only something to run.
    code
        What to run; ``""`` where there is only a link.
    """

    name: str
    href: str = ""
    code: str = ""


def openings(iris: Iris, dataset_id: str, path: str, *, is_array: bool, is_image: bool, is_public: bool) -> list[Opening]:
    """How to open a node.

    Parameters
    ----------
    path
        Of the node in the hierarchy; ``""`` is the root.
    is_image
        Whether it is an image that viewers of OME-Zarr understand; its levels are no variables of one set.
    is_public
        Viewers on the web fetch data without a key.
    """
    store = iris.zarr(dataset_id)
    url = f"{store}/{encoded_path(path)}" if path else store
    found = []
    if is_image or is_array:
        found.append(Opening("napari", code=f'napari --plugin napari-ome-zarr "{url}"' if is_image else _napari(store, path)))
    if is_public and is_image:
        found.append(Opening("vizarr", href=f"{_VIZARR}?source={quote(url, safe='')}"))
    if is_public and (is_image or is_array):
        found.append(Opening("Neuroglancer", href=_neuroglancer(url, path)))
    if is_array or not is_image:
        found.append(Opening("xarray", code=_xarray_array(store, path) if is_array else _xarray(store, path)))
    return found


def _neuroglancer(url: str, path: str) -> str:
    layer = {"type": "image", "name": path.rpartition("/")[2] or "data", "source": f"zarr://{url}"}
    return f"{_NEUROGLANCER}#!{quote(json.dumps({'layers': [layer]}, separators=(',', ':')), safe='')}"


def _xarray(store: str, path: str) -> str:
    group = f", group={path!r}" if path else ""
    return f"import xarray as xr\n\ndata = xr.open_zarr({store!r}{group}, chunks={{}})"


def _xarray_array(store: str, path: str) -> str:
    """One array by itself: its neighbours may have other sizes along dimensions of the same name, as levels of images do."""
    return (
        "import dask.array\nimport xarray as xr\nimport zarr\n\n"
        f"array = zarr.open_array({store!r}, path={path!r}, mode='r')\n"
        "data = xr.DataArray(dask.array.from_zarr(array), dims=getattr(array.metadata, 'dimension_names', None))"
    )


def _napari(store: str, path: str) -> str:
    return f"import napari, zarr\n\nnapari.imshow(zarr.open_array({store!r}, path={path!r}, mode='r'))\nnapari.run()"
