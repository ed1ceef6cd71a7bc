"""How does zarr-python decode chunks?

Its *fused* pipeline decodes without an event loop and takes about half the time where chunks are small; its *batched* one is what
zarr-python uses by itself. The fused one holds all decoded chunks of a read at once unless it can also fetch without an event
loop, so that whatever is fetched over a network has one of ours outside (`StreamedCodecPipeline`), and the fused one inside
shards.
"""

import asyncio
import functools
from collections.abc import Iterable
from typing import Any, Final, Literal

import zarr
from zarr.codecs import BytesCodec, ShardingCodec
from zarr.core.chunk_utils import decode_and_scatter_chunk
from zarr.core.codec_pipeline import FusedCodecPipeline
from zarr.registry import register_pipeline

PipelineName = Literal["fused", "batched"]

_CHEAP_BYTES: Final = 4 * 2**20
_PATHS: Final = {
    "streamed": "catalog.stores.pipeline.StreamedCodecPipeline",
    "fused": "zarr.core.codec_pipeline.FusedCodecPipeline",
    "batched": "zarr.core.codec_pipeline.BatchedCodecPipeline",
}


class StreamedCodecPipeline(FusedCodecPipeline):
    """Chunks that are fetched by an event loop: each is decoded and put into its place, in a thread, as soon as it is there.

    So many are under way at once as zarr-python allows (``async.concurrency``), and never more decoded ones than that. The event
    loop decodes nothing, and goes on fetching meanwhile. The first error ends the read.
    """

    async def read(
        self, batch_info: Iterable[tuple[Any, Any, Any, Any, bool]], out: Any, drop_axes: tuple[int, ...] = ()
    ) -> tuple[Any, ...]:
        """See ``CodecPipeline.read``."""
        places = asyncio.Semaphore(zarr.config.get("async.concurrency"))

        async def one(item: tuple[Any, Any, Any, Any, bool]) -> tuple[Any, ...]:
            async with places:
                return await self._read_one(item, out, drop_axes)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in batch_info]
        return tuple(result for task in tasks for result in task.result())

    async def _read_one(self, item: tuple[Any, Any, Any, Any, bool], out: Any, drop_axes: tuple[int, ...]) -> tuple[Any, ...]:
        transform = self.sync_transform
        if transform is None or self.supports_partial_decode:  # the parts of a shard are fetched by its codec
            return await super().read([item], out, drop_axes)
        getter, spec, chunk_selection, out_selection, _ = item
        data = await getter.get(prototype=spec.prototype)
        put = functools.partial(
            decode_and_scatter_chunk,
            data,
            out,
            chunk_spec=spec,
            chunk_selection=chunk_selection,
            out_selection=out_selection,
            decode=transform.decode_chunk,
            drop_axes=drop_axes,
        )
        return (put() if self._is_cheap(data) else await asyncio.to_thread(put),)

    def _is_cheap(self, data: Any) -> bool:
        """Whether a chunk has only to be copied, and is so small that changing the thread would cost more."""
        return all(isinstance(codec, BytesCodec) for codec in self) and (data is None or len(data) <= _CHEAP_BYTES)


register_pipeline(StreamedCodecPipeline)


def make_array(metadata: Any, place: Any, name: PipelineName, *, now: bool) -> "zarr.Array[Any]":
    """An array of zarr-python that decodes in a certain way.

    Parameters
    ----------
    metadata
        Zarr's own metadata, or a document.
    place
        Where its chunks are.
    name
        The pipeline.
    now
        Whether chunks are fetched without an event loop.
    """
    outer = name if now or name == "batched" else "streamed"
    with zarr.config.set({"codec_pipeline.path": _PATHS[outer], "array.rectilinear_chunks": True}):
        array = zarr.Array(zarr.AsyncArray(metadata=metadata, store_path=place))
    if name == "fused":
        pipeline: Any = array.async_array.codec_pipeline
        for codec in pipeline:
            _fuse(codec)
    return array


def _fuse(codec: Any) -> None:
    """Let the inner chunks of shards, at every level, be decoded by the fused pipeline."""
    if isinstance(codec, ShardingCodec):
        codec.__dict__["_get_inner_pipeline"] = functools.cache(functools.partial(_inner_pipeline, codec))


def _inner_pipeline(codec: ShardingCodec, shard_spec: Any) -> Any:
    pipeline = FusedCodecPipeline.from_codecs(codec.codecs).evolve_from_array_spec(codec._get_chunk_spec(shard_spec))
    for inner in pipeline:
        _fuse(inner)
    return pipeline
