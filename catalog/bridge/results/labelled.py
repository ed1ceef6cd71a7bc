"""How do values become xarray's objects: arrays with coordinates, units and attributes?

Coordinates, units and attributes come from the graph, values from the store. What CF says of the values (times, scales, missing
ones) is applied by xarray itself, unless it is not wanted.

Source: xarray, "Zarr encoding specification", ``xarray.decode_cf``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.coordinates import Reading
from catalog.bridge.read import StoreAccess, Values, look, read_array
from catalog.bridge.read_many import Wanted, read_many
from catalog.bridge.results.attributes import read_attributes
from catalog.bridge.results.described import Described, describe_parts
from catalog.bridge.results.extras import need
from catalog.bridge.results.held import decode_cf
from catalog.bridge.results.lazy import to_dask
from catalog.bridge.selection import Selection
from catalog.errors import InputError
from catalog.graphstore.door import GraphStore
from catalog.rdf.iris import Iris

if TYPE_CHECKING:
    import xarray

Parts = Iterable[tuple[ArrayRef, Selection | None]]


def to_dataarray(
    store: GraphStore,
    iris: Iris,
    ref: ArrayRef,
    selection: Selection | None = None,
    *,
    reading: Reading | None = None,
    decode: bool = True,
    lazy: bool = False,
) -> "xarray.DataArray":
    """An array's part with its coordinates, units and attributes.

    Parameters
    ----------
    store, iris
        The graph store of the caller's audience, and the IRIs of its deployment.
    ref, selection
        The array, and the part; everything where None.
    reading
        How values are read.
    decode
        Let xarray apply what CF says of the values: times, scale and offset, missing values.
    lazy
        Read values, coordinates apart, only when they are computed, by dask.

    Raises
    ------
    InputError
        xarray is not installed, or, where that is wanted, dask.
    CatalogError
        As `catalog.bridge.read.read_array`.
    """
    described = describe_parts(store, iris, [(ref, selection)])
    found = _dataset(described, reading or Reading(), {}, decode=decode, lazy=lazy)
    name = ref.path.rpartition("/")[2]
    return found[_variable(name)]


def to_dataset(
    store: GraphStore,
    iris: Iris,
    parts: Parts,
    *,
    reading: Reading | None = None,
    decode: bool = True,
    lazy: bool = False,
) -> "xarray.Dataset":
    """Parts of several arrays of one group, with the coordinates that they share; arguments and errors as `to_dataarray`.

    Raises
    ------
    InputError
        The arrays lie in several groups, two have one name, or a dimension has several sizes.
    """
    described = describe_parts(store, iris, parts)
    groups = sorted({each.group for each in described})
    if len(groups) > 1:
        raise InputError(f"the arrays lie in the groups {', '.join(map(repr, groups))}: a data tree holds several groups")
    return _dataset(described, reading or Reading(), _of_groups(store, iris, described), decode=decode, lazy=lazy)


def to_datatree(
    store: GraphStore,
    iris: Iris,
    parts: Parts,
    *,
    reading: Reading | None = None,
    decode: bool = True,
    lazy: bool = False,
) -> "xarray.DataTree":
    """Parts of arrays of one hierarchy, each group a node; arguments and errors as `to_dataset`.

    Raises
    ------
    InputError
        The arrays belong to several datasets.
    """
    described = describe_parts(store, iris, parts)
    if len({each.ref.dataset_id for each in described}) > 1:
        raise InputError("the arrays belong to several datasets: make a tree of each")
    groups: dict[str, list[Described]] = {}
    for each in described:
        groups.setdefault(each.group, []).append(each)
    xr = need("xarray", "xarray")
    reading, said = reading or Reading(), _of_groups(store, iris, described)
    nodes = {f"/{path}": _dataset(each, reading, said, decode=decode, lazy=lazy, alone=True) for path, each in groups.items()}
    tree: xarray.DataTree = xr.DataTree.from_dict(nodes)
    return tree


def _of_groups(store: GraphStore, iris: Iris, described: Iterable[Described]) -> dict[str, dict[str, Any]]:
    """The attributes of the groups that arrays lie in, by path."""
    groups = {each.group: iris.node(each.ref.dataset_id, each.group) for each in described}
    found = read_attributes(store, iris, groups.values())
    return {path: found[node] for path, node in groups.items()}


def _dataset(
    described: Sequence[Described],
    reading: Reading,
    of_groups: Mapping[str, Mapping[str, Any]],
    *,
    decode: bool,
    lazy: bool,
    alone: bool = False,
) -> "xarray.Dataset":
    """The data set of arrays in one group; ``alone`` leaves out coordinates of groups above, which trees inherit."""
    xr = need("xarray", "xarray")
    coordinates: dict[str, Described] = {}
    for each in described:
        for name, coordinate in each.coordinates.items():
            if not alone or coordinate.group == each.group:
                coordinates.setdefault(name, coordinate)
    data = {each.name: each for each in described}
    if len(data) < len(described):
        raise InputError("two of the arrays have the same name; rename one, or read them one by one")
    maps = {each.attributes.get("grid_mapping") for each in described}  # variables to xarray, where they are asked for themselves
    named = [name for name in coordinates if name not in data or name not in maps]
    coordinates = {name: each for name, each in coordinates.items() if name not in data}
    eager = [*coordinates.values(), *(() if lazy else data.values())]
    values = _read(eager, reading)
    variables: dict[str, Any] = {}
    for name, each in {**coordinates, **data}.items():
        held = values[each.ref.iri] if each.ref.iri in values else _delayed(each, reading)
        variables[_variable(name)] = (each.kept, held, each.attributes)
    fault = ""
    try:
        about = of_groups.get(described[0].group, {}) if described else {}
        beside = [_variable(name) for name in named if _variable(name) in variables]
        raw = xr.Dataset(variables, attrs=dict(about)).set_coords(beside)
        found: xarray.Dataset = decode_cf(raw) if decode else raw
    except ValueError as error:
        fault = str(error)[:300]
    if fault:
        raise InputError(f"the arrays cannot be put together: {fault}; decode=False leaves values as they are")
    return found if lazy else found.load()  # decoded once, not at each look


def _variable(name: str) -> str:
    return name or "values"  # an array that is the whole hierarchy has no name


def _delayed(described: Described, reading: Reading) -> Any:
    """Looked at now, read later."""
    access = reading.access or StoreAccess()
    note = look(described.ref, access, reading.check, reading.log)
    _tell(reading.tell, [note])
    return to_dask(described.ref, described.selection, limits=reading.limits, access=access)


def _read(described: Sequence[Described], reading: Reading) -> dict[str, Values]:
    if len(described) == 1:
        (each,) = described
        values = read_array(
            each.ref, each.selection, limits=reading.limits, check=reading.check, access=reading.access, log=reading.log,
            tell=reading.tell,
        )  # fmt: skip
        return {each.ref.iri: values}
    wanted = [Wanted(each.ref, each.selection) for each in described]
    outcomes = read_many(wanted, limits=reading.limits, check=reading.check, access=reading.access, log=reading.log)
    _tell(reading.tell, [outcome.note for outcome in outcomes])
    return {outcome.wanted.ref.iri: outcome.get() for outcome in outcomes}


def _tell(tell: Callable[[str], None] | None, notes: Iterable[str]) -> None:
    for note in notes:
        if note and tell is not None:
            tell(note)
