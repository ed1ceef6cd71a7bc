"""Which nodes does the metadata of this node name?

Where a store refuses to list what it holds, the metadata themselves say where to look: an image names its levels, a plate its
wells, a variable its coordinates. Each rule is of one convention. A name is *certain* where the convention says that something is
there; else it is only likely, and where nothing is there nothing is wrong.

Sources: OME-NGFF 0.2 to 0.6 ("multiscales", "labels", "plate", "well", "bioformats2raw.layout", "scene"); ngio, "Tables"; CF
conventions 1.11, sections 5 to 7; xarray, "Zarr encoding specification"; AnnData, "On-disk format"; MuData, "File format";
SpatialData, "Design"; GeoZarr, "Multiscales"; NCZarr, "NCZarr metadata"; hdmf-zarr, "DynamicTable".
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from catalog.metadata.document import Json, as_object
from catalog.metadata.key import fault_of_key

Kind = Literal["array", "group", ""]

MAX_LINKS = 200_000
"""Names that are taken from the metadata of one node."""


@dataclass(frozen=True, slots=True)
class Link:
    """One node that metadata name.

    Attributes
    ----------
    path
        Its path below the store's root. Not checked: see ``fault``.
    reason
        What names it, such as ``multiscales`` or ``plate``.
    kind
        What it is by the convention, though what is certain to be there may be the other kind; ``""`` where it may be either.
    certain
        Whether the metadata say that it is there.
    """

    path: str
    reason: str
    kind: Kind = ""
    certain: bool = True

    @property
    def fault(self) -> str | None:
        """Why its path must not be used; None where it may."""
        return fault_of_key(self.path)


@dataclass(frozen=True, slots=True)
class Children:
    """What the metadata of one node name.

    Attributes
    ----------
    links
        Each path once; the more certain reason wins.
    numbered
        Whether groups called ``0``, ``1``, … lie in it, of which nothing says how many.
    """

    links: tuple[Link, ...] = ()
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class _Here:
    """The node whose metadata are read; ``ome`` is where OME-NGFF has its members, which moved with 0.5."""

    attributes: Mapping[str, Json]
    ome: Mapping[str, Json]
    path: str
    name: str


def children(
    attributes: Mapping[str, Json],
    *,
    path: str = "",
    is_array: bool = False,
    dimension_names: Iterable[str | None] = (),
    reached_by: str = "",
) -> Children:
    """The nodes that a node's metadata name.

    Parameters
    ----------
    attributes
        The node's attributes.
    path
        Its path; ``""`` is the root.
    is_array
        Whether it is an array, which has no children but may name its siblings.
    dimension_names
        Of an array.
    reached_by
        The reason of the link that led here; the levels of an image do not name coordinates by their dimensions.

    Returns
    -------
    Children
        Paths as they follow from the metadata, unsafe ones too: to refuse and report them is for the caller.
    """
    if is_array:
        found = _of_array(attributes, path, dimension_names, is_level=reached_by == "multiscales")
        return Children(_once(found, path))
    here = _Here(attributes, as_object(attributes.get("ome")) or attributes, path, path.rpartition("/")[2])
    rules = [_image, _labels, _tables, _plate, _series, _scene, _ann_data, _spatial_data, _geozarr, _netcdf, _xarray]
    links = [link for rule in rules for link in rule(here)]
    if not path and not attributes:
        links.append(Link("obs", "anndata", "group", certain=False))  # AnnData 0.7 wrote a root without attributes
    numbered = "bioformats2raw.layout" in here.ome and here.ome.keys().isdisjoint({"plate", "multiscales"})
    return Children(_once(links, path), numbered)


def _once(links: Iterable[Link], here: str) -> tuple[Link, ...]:
    """Each path once, and before a path of several segments those on the way to it."""
    found: dict[str, Link] = {}
    for link in links:
        if len(found) >= MAX_LINKS:
            break
        if link.path == here:
            continue
        if link.fault is None:
            for folder in _on_the_way(here, link.path):
                found.setdefault(folder, Link(folder, link.reason, "group", certain=False))
        known = found.get(link.path)
        if known is None or (link.certain and not known.certain):
            found[link.path] = link
    return tuple(found.values())


def _on_the_way(here: str, path: str) -> Iterator[str]:
    base = f"{here}/" if here else ""
    if not path.startswith(base):
        return
    parts = path[len(base) :].split("/")
    for count in range(1, len(parts)):
        yield base + "/".join(parts[:count])


def _below(path: str, name: Any) -> str:
    """The path of a name that stands in a node's metadata; ``./`` and a ``/`` at the end mean nothing."""
    text = str(name)
    while text.startswith("./"):
        text = text[2:]
    text = text.removesuffix("/") if text != "/" else text
    return f"{path}/{text}" if path else text


def _texts(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str) and item] if isinstance(value, list) else []


def _objects(value: Json) -> list[Mapping[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _paths(items: Json) -> list[str]:
    """The member ``path`` of each object in a list."""
    return [item["path"] for item in _objects(items) if isinstance(item.get("path"), str) and item["path"]]


# -- OME-NGFF and what builds on it


def _image(node: _Here) -> Iterator[Link]:
    images = _objects(node.ome.get("multiscales"))
    for image in images:
        for level in _paths(image.get("datasets")):
            yield Link(_below(node.path, level), "multiscales", "array")
    is_label = "image-label" in node.ome or node.path.rpartition("/")[0].rpartition("/")[2] == "labels"
    if images and not is_label:
        yield Link(_below(node.path, "labels"), "labels", "group", certain=False)
    if (images and not is_label) or "plate" in node.ome:
        yield Link(_below(node.path, "tables"), "tables", "group", certain=False)


def _labels(node: _Here) -> Iterator[Link]:
    if node.name == "labels" or not node.path or node.ome is not node.attributes:
        for label in _texts(node.ome.get("labels")):
            yield Link(_below(node.path, label), "labels", "group", certain=bool(node.path))


def _tables(node: _Here) -> Iterator[Link]:
    if node.name == "tables" or not node.path:
        for table in _texts(node.attributes.get("tables")):
            yield Link(_below(node.path, table), "tables", "group", certain=bool(node.path))
    if node.attributes.get("backend") == "json" and "table_version" in node.attributes:
        yield Link(_below(node.path, "table"), "tables", "group", certain=False)


def _plate(node: _Here) -> Iterator[Link]:
    for well in _paths(as_object(node.ome.get("plate")).get("wells")):
        yield Link(_below(node.path, well), "plate", "group")
    for field in _paths(as_object(node.ome.get("well")).get("images")):
        yield Link(_below(node.path, field), "well", "group")


def _series(node: _Here) -> Iterator[Link]:
    """What bioformats2raw leaves: a group ``OME`` whose ``series`` name images in the folder that it lies in itself."""
    if "bioformats2raw.layout" in node.ome:
        yield Link(_below(node.path, "OME"), "bioformats2raw", "group", certain=False)
    if node.name == "OME":
        above = node.path.rpartition("/")[0]
        for series in _texts(node.ome.get("series")):
            yield Link(_below(above, series), "series", "group")


def _scene(node: _Here) -> Iterator[Link]:
    for step in _objects(as_object(node.ome.get("scene")).get("coordinateTransformations")):
        for place, kind in ((step, "array"), (as_object(step.get("input")), "group"), (as_object(step.get("output")), "group")):
            if isinstance(place.get("path"), str) and place["path"]:
                yield Link(_below(node.path, place["path"]), "scene", kind)  # type: ignore[arg-type]


# -- AnnData, MuData, SpatialData, tables of hdmf

_MATRICES = ("obsm", "varm", "obsp", "varp", "layers", "uns")
_MEMBERS: dict[str, tuple[str, ...]] = {
    "csr_matrix": ("data", "indices", "indptr"),
    "csc_matrix": ("data", "indices", "indptr"),
    "categorical": ("codes", "categories"),
    "nullable-integer": ("values", "mask"),
    "nullable-boolean": ("values", "mask"),
    "nullable-string-array": ("values", "mask"),
}


def _ann_data(node: _Here) -> Iterator[Link]:
    encoding = node.attributes.get("encoding-type")
    for member in _MEMBERS.get(encoding, ()) if isinstance(encoding, str) else ():
        yield Link(_below(node.path, member), str(encoding), "array")
    if encoding == "anndata":
        yield from _table_of_observations(node.path, certain=True)
    elif encoding == "raw":
        yield Link(_below(node.path, "X"), "raw", certain=False)
        yield from (Link(_below(node.path, member), "raw", "group", certain=False) for member in ("var", "varm"))
    elif encoding == "dataframe":
        yield from _data_frame(node.attributes, node.path, node.name)
    elif isinstance(encoding, str) and encoding.lower() == "mudata":
        yield Link(_below(node.path, "mod"), "mudata", "group")
        yield from (Link(_below(node.path, each), "mudata", "group") for each in ("obs", "var"))
        yield from (
            Link(_below(node.path, each), "mudata", "group", certain=False)
            for each in (*_MATRICES[:5], "obsmap", "varmap", "uns")
        )
    for member in _texts(node.attributes.get("mod-order")):
        yield Link(
            _below(node.path if node.name == "mod" else _below(node.path, "mod"), member),
            "mudata",
            "group",
            certain=node.name == "mod",
        )
        if node.name == "mod":  # which rows are the modality's, and where they stand in it
            around = node.path.rpartition("/")[0]
            for part in ("obsm", "varm", "obsmap", "varmap"):
                yield Link(_below(_below(around, part), member), "mudata", certain=False)
    for column in _texts(node.attributes.get("colnames")):
        yield Link(_below(node.path, column), "colnames")


def _table_of_observations(path: str, *, certain: bool) -> Iterator[Link]:
    yield from (Link(_below(path, member), "anndata", "group", certain=certain) for member in ("obs", "var"))
    yield Link(_below(path, "X"), "anndata", certain=False)
    yield from (Link(_below(path, member), "anndata", "group", certain=False) for member in (*_MATRICES, "raw"))


def _data_frame(attributes: Mapping[str, Json], path: str, name: str) -> Iterator[Link]:
    columns = _texts(attributes.get("column-order"))
    index = attributes.get("_index")
    for column in [*([index] if isinstance(index, str) and index else []), *columns]:
        yield Link(_below(path, column), "dataframe", "array")
    if columns and attributes.get("encoding-version") == "0.1.0":  # until AnnData 0.7, categories lay in a group of their own
        yield Link(_below(path, "__categories"), "dataframe", "group", certain=False)
    if name == "obs":
        yield from _table_of_observations(path.rpartition("/")[0], certain=False)


_ELEMENTS = ("images", "labels", "points", "shapes", "tables", "table")


def _spatial_data(node: _Here) -> Iterator[Link]:
    facts = as_object(node.attributes.get("spatialdata_attrs"))
    if not facts:
        return
    table_facts = facts if "region" in facts or "region_key" in facts else {}
    above = node.path.rpartition("/")[0].rpartition("/")[0]
    if table_facts and node.path.count("/") >= 1:
        region = table_facts.get("region")
        for element in [region] if isinstance(region, str) and region else _texts(region):
            for kind in ("labels", "shapes", "points"):
                yield Link(_below(_below(above, kind), element), "region", "group", certain=False)
    elif not table_facts and node.name not in _ELEMENTS and node.path.rpartition("/")[0].rpartition("/")[2] not in _ELEMENTS:
        yield from (Link(_below(node.path, each), "spatialdata", "group", certain=False) for each in _ELEMENTS)


# -- GeoZarr, NCZarr, xarray and CF


def _geozarr(node: _Here) -> Iterator[Link]:
    levels = as_object(node.attributes.get("multiscales"))
    for level in as_object(levels.get("tile_matrix_limits")):
        yield Link(_below(node.path, level), "level", "group")
    for entry in _objects(levels.get("layout")):
        for key in ("asset", "group", "path"):
            if isinstance(entry.get(key), str) and entry[key]:
                yield Link(_below(node.path, entry[key]), "level", "")


def _netcdf(node: _Here) -> Iterator[Link]:
    for key in ("_nczarr_group", "_NCZARR_GROUP", "_NCZARR_GROUP_"):
        inside = as_object(node.attributes.get(key))
        names_of_arrays = inside.get("arrays", inside.get("vars"))
        yield from (Link(_below(node.path, each), "nczarr", "array") for each in _texts(names_of_arrays))
        yield from (Link(_below(node.path, each), "nczarr", "group") for each in _texts(inside.get("groups")))


def _xarray(node: _Here) -> Iterator[Link]:
    """What xarray writes on a group: the coordinates that no variable claims."""
    yield from (Link(_below(node.path, each), "coordinates", "array") for each in _words(node.attributes.get("coordinates")))


_NAMING_ONE = ("bounds", "climatology", "grid_mapping", "ancillary_variables", "coordinates")
_NAMING_PAIRS = ("cell_measures", "formula_terms")


def _of_array(
    attributes: Mapping[str, Json], path: str, dimension_names: Iterable[str | None], *, is_level: bool
) -> Iterator[Link]:
    """The siblings that a variable names; a name that begins with ``/`` begins at the root."""
    folder = path.rpartition("/")[0]
    if not path:
        return
    for key in _NAMING_ONE:
        for each in _words(attributes.get(key)):
            yield Link(each[1:] if each.startswith("/") else _below(folder, each), key, "array")
    for key in _NAMING_PAIRS:  # "area: cell_area"; what is measured may lie in another file
        words = [word for word in _words(attributes.get(key), pairs=True) if not word.endswith(":")]
        yield from (Link(_below(folder, each), key, "array", certain=False) for each in words)
    if isinstance(attributes.get("categories"), str):
        yield Link(_below(folder, attributes["categories"]), "categories", "array", certain=False)
    names = [] if is_level else [*dimension_names, *_texts(attributes.get("_ARRAY_DIMENSIONS"))]
    for each in dict.fromkeys(each for each in names if each):
        yield Link(_below(folder, each), "dimension", "array", certain=False)


def _words(value: Json, *, pairs: bool = False) -> list[str]:
    """The names in a text of CF: separated by spaces, some with a colon (``crs: x y``)."""
    words = value.split() if isinstance(value, str) else []
    return words if pairs else [word.removesuffix(":") for word in words]
