"""Does a plan name exactly the chunks that the selected elements lie in, and exactly those that zarr-python then reads?

Two oracles that know nothing of the plan's arithmetic: every single element's chunk by NumPy, and the keys that a recording store
was asked for. The metadata are zarr-python's own.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from hypothesis import given
from hypothesis import strategies as st
from zarr.storage import MemoryStore

from catalog.bridge.chunk_plan import ChunkPlan, plan_chunks
from catalog.bridge.selection import Selection, parse_selection, resolve_selection
from catalog.metadata.document import Document
from catalog.metadata.hierarchy import parse_hierarchy
from tests.property.test_selection import as_text, slices

PATH = "group/array"


class RecordingStore(MemoryStore):
    """Keeps the keys of all that it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def get(self, key: str, *args: Any, **kwargs: Any) -> Any:
        self.asked.append(key)
        return await super().get(key, *args, **kwargs)

    def get_sync(self, key: str, *args: Any, **kwargs: Any) -> Any:
        self.asked.append(key)
        return super().get_sync(key, *args, **kwargs)


@dataclass(frozen=True)
class Case:
    """A random array and a random part of it."""

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    shards: tuple[int, ...] | None
    encoding: tuple[str, str]
    zarr_format: int
    index: tuple[int | slice, ...]

    @property
    def objects(self) -> tuple[int, ...]:
        """Extents of what is stored under one key."""
        return self.shards or self.chunks


@st.composite
def cases(draw: st.DrawFn) -> Case:
    rank = draw(st.integers(0, 3))
    longest = (1, 60, 14, 7)[rank]
    shape = tuple(draw(st.integers(0, longest)) for _ in range(rank))
    chunks = tuple(draw(st.integers(1, longest)) for _ in range(rank))
    encoding = draw(st.sampled_from([("default", "/"), ("default", "."), ("v2", "."), ("v2", "/")]))
    zarr_format = draw(st.sampled_from((2, 3))) if encoding[0] == "v2" else 3
    sharded = zarr_format == 3 and rank > 0 and draw(st.booleans())
    shards = tuple(extent * draw(st.integers(1, 4)) for extent in chunks) if sharded else None
    steps = st.builds(slice, st.none(), st.none(), st.integers(1, longest).flatmap(lambda step: st.sampled_from((step, -step))))
    index = tuple(draw(slices | steps | st.integers(-size, size - 1)) if size else draw(slices) for size in shape)
    return Case(shape, chunks, shards, encoding, zarr_format, index)


def expected_key(case: Case, coordinates: tuple[int, ...]) -> str:
    """The key of a stored object, by the words of the specifications."""
    name, separator = case.encoding
    numbers = [str(number) for number in coordinates]
    if name == "default":
        return f"{PATH}/" + separator.join(["c", *numbers])
    return f"{PATH}/" + (separator.join(numbers) or "0")


def chunks_of_elements(case: Case, extents: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The coordinates of the chunk of every selected element, each once, in C order."""
    places = [np.atleast_1d(np.arange(size)[index]) for size, index in zip(case.shape, case.index, strict=True)]
    grids = [grid // extent for grid, extent in zip(np.meshgrid(*places, indexing="ij"), extents, strict=True)]
    if not grids:
        return [()]
    return sorted({tuple(int(number) for number in row) for row in np.stack([grid.ravel() for grid in grids], axis=1)})


def written(case: Case) -> tuple[RecordingStore, "zarr.Array[Any]", np.ndarray[Any, Any]]:
    """The array in a store, every element another number."""
    store = RecordingStore()
    name, separator = case.encoding
    array = zarr.create_array(
        store,
        name=PATH,
        shape=case.shape,
        chunks=case.chunks,
        shards=case.shards,
        dtype="int16",
        compressors=None,
        filters=None,
        fill_value=0,
        zarr_format=case.zarr_format,
        chunk_key_encoding={"name": name, "separator": separator},
    )
    values = np.arange(1, 1 + np.prod(case.shape, dtype=int), dtype="int16").reshape(case.shape)
    array[...] = values
    return store, array, values


def planned(case: Case, store: RecordingStore) -> tuple[Selection, ChunkPlan]:
    key = f"{PATH}/{'zarr.json' if case.zarr_format == 3 else '.zarray'}"
    (array,) = parse_hierarchy([Document(key, store._store_dict[key].to_bytes())]).arrays
    text = ",".join(f"dim{position}={as_text(index)}" for position, index in enumerate(case.index))
    selection = resolve_selection(parse_selection(text), array.shape, array.dimension_names)
    return selection, plan_chunks(array, selection)


@given(cases())
def test_a_plan_names_the_chunks_that_are_read(case: Case) -> None:
    store, array, values = written(case)
    selection, plan = planned(case, store)

    coordinates = chunks_of_elements(case, case.objects)
    keys = [expected_key(case, each) for each in coordinates]
    assert list(plan.coordinates()) == coordinates
    assert list(plan.keys()) == keys
    assert plan.objects == len(keys)

    inner = chunks_of_elements(case, case.chunks)
    assert plan.chunks == len(inner)
    assert plan.decoded_bytes == len(inner) * 2 * int(np.prod(case.chunks, dtype=int))

    expected = values[case.index]
    assert (plan.shape, plan.result_bytes) == (expected.shape, expected.nbytes)
    store.asked.clear()
    read = np.flip(np.asarray(array[selection.ascending or ...]), selection.flips)
    assert read.tolist() == expected.tolist()
    assert set(store.asked) == set(keys)


@given(cases().filter(lambda case: case.shards is not None))
def test_a_plan_names_the_inner_chunks_of_each_shard(case: Case) -> None:
    store, _, _ = written(case)
    _, plan = planned(case, store)
    found = [
        tuple(
            at * (shard // chunk) + part for at, shard, chunk, part in zip(place, case.objects, case.chunks, inner, strict=True)
        )
        for place in plan.coordinates()
        for inner in plan.inner_chunks(place)
    ]
    assert plan.sharded
    assert len(found) == plan.chunks
    assert sorted(found) == chunks_of_elements(case, case.chunks)
