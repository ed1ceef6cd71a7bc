"""How does zarr-python decode chunks?

Its *fused* pipeline decodes without an event loop and takes about half the time where chunks are small; its *batched* one is what
zarr-python uses by itself. The fused one holds all decoded chunks of a read at once unless it can also fetch without an event
loop, so that whatever is fetched over a network has the batched one outside, and the fused one inside shards.
"""

import functools
from typing import Any, Final, Literal

import zarr
from zarr.codecs import ShardingCodec
from zarr.core.codec_pipeline import FusedCodecPipeline

PipelineName = Literal["fused", "batched"]

_PATHS: Final = {
    "fused": "zarr.core.codec_pipeline.FusedCodecPipeline",
    "batched": "zarr.core.codec_pipeline.BatchedCodecPipeline",
}


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
    outer = name if now else "batched"
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
