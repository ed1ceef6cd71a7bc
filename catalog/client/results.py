"""In which form do values come: xarray, dask, pandas?"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catalog.client.session import Session
from catalog.errors import InputError

if TYPE_CHECKING:
    import xarray

    from catalog.bridge.array_ref import ArrayRef
    from catalog.bridge.missing import Missing
    from catalog.bridge.part import Part
    from catalog.bridge.read_many import Outcome
    from catalog.bridge.reduction import Reduction


def to_dataarray(session: Session, part: "Part", *, decode: bool, lazy: bool) -> "xarray.DataArray":
    """An array's part with coordinates, units and attributes; errors as `catalog.bridge.results.labelled.to_dataarray`."""
    from catalog.bridge.results import labelled

    with session.asking() as (store, iris):
        return labelled.to_dataarray(store, iris, part.ref, part.selection, reading=session.reading(), decode=decode, lazy=lazy)


def to_reduced(
    session: Session, part: "Part", values: Any, dims: Sequence[str], reductions: "Sequence[Reduction]"
) -> "xarray.DataArray":
    """Values that are left after reductions, with the coordinates of the axes that are left, and the attributes that hold.

    Raises
    ------
    InputError
        xarray or dask is not installed.
    """
    import xarray

    from catalog.bridge.derived_metadata import reduced_attributes
    from catalog.bridge.reduction import reduced_axes

    whole = to_dataarray(session, part, decode=True, lazy=True)  # values of coordinates only
    steps, _ = reduced_axes(part.ref, part.selection, reductions)
    attributes, _ = reduced_attributes(stated(session, part.ref), steps, [str(name) for name in whole.coords])
    coords = {name: each for name, each in whole.coords.items() if set(each.dims) <= set(dims)}
    return xarray.DataArray(values, coords=coords, dims=list(dims), name=whole.name, attrs=attributes)


def stated(session: Session, ref: "ArrayRef") -> dict[str, Any]:
    """The attributes of an array, as far as the graph holds them, its missing value among them."""
    from catalog.bridge.results.described import describe_parts

    with session.asking() as (store, iris):
        [described] = describe_parts(store, iris, [(ref, None)])
    return described.attributes


def stands_for(attributes: Mapping[str, Any]) -> list[str]:
    """The attributes by which stored numbers stand for others, or for none; a NaN that says what is missing says so itself."""
    keys = ("scale_factor", "add_offset", "_FillValue", "missing_value")
    return [key for key in keys if key in attributes and attributes[key] == attributes[key]]


def warn_of_packed(session: Session, ref: "ArrayRef") -> None:
    """Say it where stored numbers, which are not what they mean, were reduced."""
    packed = stands_for(stated(session, ref))
    if packed:
        warnings.warn(
            f"{ref.path!r} has {', '.join(packed)}, and reductions are of the numbers as they are stored, missing ones included:"
            " to_xarray(lazy=True) before reducing, and xarray's own reductions, are of what they mean",
            stacklevel=4,
        )


def to_frame(values: "xarray.DataArray") -> Any:
    """Values as a frame, one row for each element, labelled by coordinates; one value has one row."""
    name = str(values.name or "values")
    return values.to_dataframe(name=name) if values.ndim else values.expand_dims("element").to_dataframe(name=name)


def to_dask(session: Session, part: "Part", reductions: "Sequence[Reduction]", names: Sequence[str]) -> Any:
    """The values as a dask array, reductions among its tasks; errors as `catalog.bridge.results.lazy.to_dask`."""
    from catalog.bridge.reduction import find_positions
    from catalog.bridge.results import lazy

    reading = session.reading()
    made: Any = lazy.to_dask(part.ref, part.selection, limits=reading.limits, access=reading.access)
    left = list(names)
    for reduction in reductions:
        positions = find_positions(reduction, left)
        if reduction.name == "median":
            raise InputError("dask has no median of all: use compute, or to_xarray")
        made = getattr(made, reduction.name)(axis=positions)
        left = [name for at, name in enumerate(left) if at not in positions]
    return made


def to_labelled(session: Session, parts: "Sequence[Part]", *, decode: bool, lazy: bool) -> Any:
    """Parts of several arrays: a Dataset where they lie in one group, a DataTree where they lie in one dataset.

    Raises
    ------
    InputError
        There are none, or they belong to several datasets.
    CatalogError
        As `catalog.bridge.results.labelled.to_dataset`.
    """
    from catalog.bridge.results import labelled

    _check_one_dataset(part.ref for part in parts)
    groups = {part.ref.path.rpartition("/")[0] for part in parts}
    make = labelled.to_dataset if len(groups) == 1 else labelled.to_datatree
    wanted = [(part.ref, part.selection) for part in parts]
    with session.asking() as (store, iris):
        return make(store, iris, wanted, reading=session.reading(), decode=decode, lazy=lazy)


def merge(found: "Sequence[tuple[ArrayRef, xarray.DataArray]]") -> Any:
    """Reduced values of several arrays: a Dataset where they lie in one group, a DataTree where they lie in one dataset.

    Raises
    ------
    InputError
        There are none, they belong to several datasets, or their coordinates differ.
    """
    import xarray

    _check_one_dataset(ref for ref, _ in found)
    groups: dict[str, list[xarray.DataArray]] = {}
    for ref, values in found:
        groups.setdefault(ref.path.rpartition("/")[0], []).append(values)
    fault = ""
    try:
        made = {
            group: xarray.merge([each.to_dataset() for each in members], join="exact", compat="equals", combine_attrs="drop")
            for group, members in groups.items()
        }
    except ValueError as error:
        fault = str(error)[:300]
    if fault:
        raise InputError(f"the arrays cannot be put together: {fault}; to_xarray of each of them can be had")
    if len(made) == 1:
        return next(iter(made.values()))
    return xarray.DataTree.from_dict({f"/{group}": each for group, each in made.items()})


def _check_one_dataset(refs: "Iterable[ArrayRef]") -> None:
    datasets = {ref.dataset for ref in refs}
    if len(datasets) != 1:
        raise InputError(f"the arrays belong to {len(datasets)} datasets, and xarray holds those of one: make one of each")


def read_parts(session: Session, parts: "Sequence[Part]", missing: "Missing" = "fill") -> "list[Outcome]":
    """The values of many parts at once; errors as `catalog.bridge.read_many.read_many`."""
    from catalog.bridge.missing import parse_missing
    from catalog.bridge.read_many import Wanted, read_many

    parse_missing(missing)
    reading = session.reading()
    wanted = [Wanted(part.ref, part.selection) for part in parts]
    return read_many(wanted, limits=reading.limits, check=reading.check, access=reading.access, log=reading.log, missing=missing)
