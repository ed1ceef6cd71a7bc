"""Does every selection of every array read what NumPy finds in the whole, in formats 2 and 3, sharded or not?"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.bridge.read import read_array
from catalog.bridge.selection import select
from catalog.bridge.world import NEAR, Sampling
from catalog.graphstore.embedded import EmbeddedGraphStore
from tests.unit.bridge.catalogue import Catalogue

numbers = st.none() | st.integers(-12, 12)
slices = st.builds(slice, numbers, numbers, numbers.filter(lambda step: step != 0))


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with EmbeddedGraphStore(tmp_path_factory.mktemp("graphs")) as store:
        yield Catalogue(store)


def indices(size: int) -> st.SearchStrategy[Any]:
    """Any index of an axis."""
    kinds: list[st.SearchStrategy[Any]] = [slices, st.lists(st.booleans(), min_size=size, max_size=size).map(np.array)]
    if size:
        places = st.integers(-size, size - 1)
        kinds += [places, st.lists(places, max_size=12), st.lists(places, min_size=1, max_size=12).map(np.array)]
    return st.one_of(kinds)


def orthogonal(whole: np.ndarray, index: list[Any]) -> np.ndarray:
    """The elements at every combination, axis by axis."""
    dropped = []
    for axis, item in enumerate(index):
        if isinstance(item, int):
            dropped.append(axis)
            whole = np.take(whole, [item], axis=axis)
        elif isinstance(item, slice):
            whole = whole[(slice(None),) * axis + (item,)]
        else:
            chosen = np.asarray(item, dtype=int) if not len(item) else np.asarray(item)
            whole = np.compress(chosen, whole, axis) if chosen.dtype == bool else np.take(whole, chosen, axis=axis)
    return np.squeeze(whole, axis=tuple(dropped))


@settings(max_examples=150, deadline=None)
@given(data=st.data(), shape=st.lists(st.integers(0, 9), max_size=4), version=st.sampled_from([2, 3]), sharded=st.booleans())
def test_a_selection_reads_what_numpy_finds(
    catalogue: Catalogue, data: st.DataObject, shape: list[int], version: Any, sharded: bool
) -> None:
    chunks = tuple(data.draw(st.integers(1, max(size, 1))) for size in shape)
    extra: dict[str, Any] = {"shards": tuple(2 * chunk for chunk in chunks)} if sharded and version == 3 and shape else {}
    whole = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    index = [data.draw(indices(size)) for size in shape]
    with TemporaryDirectory() as folder:
        group = zarr.open_group(Path(folder) / "s.zarr", mode="w", zarr_format=version)
        group.create_array("a", shape=whole.shape, chunks=chunks, dtype=whole.dtype, **extra)[...] = whole
        catalogue.ingest("s", Path(folder) / "s.zarr")
        ref = catalogue.ref("s", "a")
        selection = select(ref.array, {f"dim{axis}": item for axis, item in enumerate(index)})
        found = read_array(ref, selection, check="never")
    expected = orthogonal(whole, index)
    assert found.shape == selection.shape == expected.shape
    assert found.tolist() == expected.tolist()


@given(
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
    st.floats(1e-3, 1e3),
    st.integers(0, 1000),
)
def test_pixels_put_into_world_units_come_back(first: float, translation: float, scale: float, pixel: int) -> None:
    sampling = Sampling("x", 0, scale, translation)
    assert sampling.to_pixel(pixel * scale + translation) == pytest.approx(pixel, abs=NEAR)
    position = sampling.to_pixel(first)
    assert abs(position - (first - translation) / scale) < NEAR
