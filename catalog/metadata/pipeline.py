"""Can this pipeline of codecs be decoded here, and if not, why?

The tables say what zarr-python and numcodecs decode: by name the parameters that a codec must have and those that it may have.
Source: Zarr v3.1 "Codecs"; zarr-python and numcodecs, the codecs' constructors.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from catalog.metadata.codec import Codec
from catalog.metadata.data_type import DataType
from catalog.metadata.document import Json, as_object

MAX_LEVELS: Final = 16
"""Shards inside each other."""


class Parameters(NamedTuple):
    """Names of parameters, in one text each: those that a codec needs, those that it may have besides."""

    needed: str = ""
    allowed: str = ""


CODECS_V2: Final = {
    "adler32": Parameters("", "location"), "astype": Parameters("encode_dtype decode_dtype"), "base64": Parameters(),
    "bitround": Parameters("keepbits"), "blosc": Parameters("", "cname clevel shuffle blocksize typesize"),
    "bz2": Parameters("", "level"), "categorize": Parameters("labels dtype", "astype"), "crc32": Parameters("", "location"),
    "crc32c": Parameters("", "location"), "delta": Parameters("dtype", "astype"),
    "fixedscaleoffset": Parameters("offset scale dtype", "astype"), "fletcher32": Parameters(), "gzip": Parameters("", "level"),
    "jenkins_lookup3": Parameters("", "initval prefix"),
    "lz4": Parameters("", "acceleration"), "lzma": Parameters("", "format check preset filters"), "packbits": Parameters(),
    "pcodec": Parameters("", "level mode_spec delta_spec paging_spec delta_encoding_order equal_pages_up_to"),
    "quantize": Parameters("digits dtype", "astype"), "shuffle": Parameters("", "elementsize"), "vlen-bytes": Parameters(),
    "vlen-utf8": Parameters(), "zfpy": Parameters("", "mode tolerance rate precision compression_kwargs"),
    "zlib": Parameters("", "level"), "zstd": Parameters("", "level checksum"),
}  # fmt: skip
"""Ids that numcodecs decodes. ``pickle`` is none of them, as it runs what it reads; ``json2`` and ``vlen-array`` are none, as
zarr-python has no data type for what they hold."""

OBJECT_CODECS: Final = frozenset({"json2", "msgpack2", "pickle", "vlen-array", "vlen-bytes", "vlen-utf8"})

_NUMCODECS_AS_ARRAYS: Final = frozenset({"astype", "bitround", "delta", "fixedscaleoffset", "packbits", "quantize"})
_NUMCODECS_AS_BYTES: Final = frozenset({"pcodec", "zfpy"})
_NOT_IN_V3: Final = frozenset({"base64", "categorize", "vlen-bytes", "vlen-utf8"})
_IN_V3: Final = CODECS_V2.keys() - _NOT_IN_V3

ARRAY_TO_ARRAY: Final = {
    "scale_offset": Parameters("", "offset scale"), "transpose": Parameters("order"),
    **{f"numcodecs.{name}": CODECS_V2[name] for name in sorted(_IN_V3 & _NUMCODECS_AS_ARRAYS)},
}  # fmt: skip
ARRAY_TO_BYTES: Final = {
    "bytes": Parameters("", "endian"), "vlen-bytes": Parameters(), "vlen-utf8": Parameters(),
    "sharding_indexed": Parameters("chunk_shape", "codecs index_codecs index_location subchunk_write_order"),
    **{f"numcodecs.{name}": CODECS_V2[name] for name in sorted(_IN_V3 & _NUMCODECS_AS_BYTES)},
}  # fmt: skip
BYTES_TO_BYTES: Final = {
    "blosc": CODECS_V2["blosc"], "crc32c": Parameters("", "*"), "gzip": CODECS_V2["gzip"], "zstd": CODECS_V2["zstd"],
    **{f"numcodecs.{name}": CODECS_V2[name] for name in sorted(_IN_V3 - _NUMCODECS_AS_ARRAYS - _NUMCODECS_AS_BYTES)},
}  # fmt: skip

_ROLES: Final = {"a": ARRAY_TO_ARRAY, "s": ARRAY_TO_BYTES, "z": BYTES_TO_BYTES}
_BARE: Final = frozenset({"bytes", "crc32c", "scale_offset", "vlen-bytes", "vlen-utf8", "numcodecs.crc32c"})
"""Names that may stand without a configuration."""

_FIXED_SIZE: Final = frozenset(
    {"bytes", "crc32c", "transpose"} | {f"numcodecs.{name}" for name in ("adler32", "crc32", "crc32c", "fletcher32", "shuffle")}
)
_SINGLE_BYTE: Final = frozenset(
    {"bool", "int8", "uint8", "raw_bytes", "null_terminated_bytes", "structured", "string", "variable_length_bytes"}
)
_VARIABLE: Final = {"string": "vlen-utf8"}


def _is_integer(low: int, high: int) -> Callable[[Json], bool]:
    return lambda value: type(value) is int and low <= value <= high


_VALUES: Final[dict[tuple[str, str], Callable[[Json], bool]]] = {
    ("bytes", "endian"): lambda value: value in ("little", "big", None),
    ("blosc", "cname"): lambda value: value in ("lz4", "lz4hc", "blosclz", "snappy", "zlib", "zstd"),
    ("blosc", "shuffle"): lambda value: value in ("noshuffle", "shuffle", "bitshuffle"),
    ("blosc", "clevel"): lambda value: type(value) is int,
    ("blosc", "blocksize"): lambda value: type(value) is int,
    ("blosc", "typesize"): lambda value: value is None or (type(value) is int and value > 0),
    ("gzip", "level"): _is_integer(0, 9),
    ("zstd", "level"): _is_integer(-131072, 22),
    ("zstd", "checksum"): lambda value: type(value) is bool,
    ("sharding_indexed", "index_location"): lambda value: value in ("start", "end"),
}  # fmt: skip


def fault_of_codec_v2(codec: Codec) -> str | None:
    """Why a v2 filter or compressor cannot be decoded, or None where it can."""
    parameters = CODECS_V2.get(codec.name)
    if parameters is None:
        return f"codec {codec.name!r:.80} cannot be decoded here"
    return _fault_of_parameters(codec, parameters)


def fault_of_pipeline(
    stated: Json, codecs: Sequence[Codec], kind: DataType, cells: Sequence[int] | None, *, level: int = 0
) -> str | None:
    """Why a v3 pipeline cannot be decoded: array to array, then one array to bytes, then bytes to bytes.

    Parameters
    ----------
    stated, codecs
        The pipeline as the document has it, and as it was parsed.
    kind
        The elements' data type.
    cells
        Shape of what one run of the pipeline decodes; None where it is not known.
    level
        Shards around it.
    """
    if not isinstance(stated, list) or len(stated) != len(codecs):
        return f"its codecs are {stated!r:.40}, no list"
    roles = ""
    for document, codec in zip(stated, codecs, strict=True):
        role = next((letter for letter, table in _ROLES.items() if codec.name in table), None)
        if role is None:
            return f"codec {codec.name!r:.80} cannot be decoded here"
        fault = _fault_of_statement(document, codec) or _fault_of_parameters(codec, _ROLES[role][codec.name])
        if fault or (fault := _fault_of_values(codec, kind, cells)):
            return fault
        roles += role
    if roles.count("s") != 1 or roles != "".join(sorted(roles)):
        return "its codecs are not array-to-array ones, one that makes bytes, and bytes-to-bytes ones, in this order"
    serializer = codecs[roles.index("s")]
    if serializer.name == "sharding_indexed":
        return _fault_of_shards(serializer, kind, cells, level)
    wanted = _VARIABLE.get(kind.name)
    if wanted and serializer.name != wanted:
        return f"elements of type {kind.name!r} need the codec {wanted!r}, and it has {serializer.name!r}"
    if serializer.name == "bytes" and kind.name not in _SINGLE_BYTE and not as_object(serializer.configuration).get("endian"):
        return "its codec 'bytes' has no endian; elements of several bytes need 'little' or 'big'"
    return None


def _fault_of_statement(document: Json, codec: Codec) -> str | None:
    if not isinstance(document, dict):
        return f"codec {codec.name!r:.80} stands as a name alone; an object with 'name' is read here"
    if "configuration" not in document and codec.name not in _BARE:
        return f"codec {codec.name!r:.80} has no configuration"
    return None


def _fault_of_parameters(codec: Codec, parameters: Parameters) -> str | None:
    given, needed = as_object(codec.configuration).keys(), set(parameters.needed.split())
    if needed - given:
        return f"codec {codec.name!r:.80} has no {', '.join(sorted(needed - given))}"
    unknown = given - needed - set(parameters.allowed.split())
    if unknown and parameters.allowed != "*":
        return f"codec {codec.name!r:.80} has parameters that are not known: {', '.join(sorted(unknown)):.80}"
    return None


def _fault_of_values(codec: Codec, kind: DataType, cells: Sequence[int] | None) -> str | None:
    for name, value in as_object(codec.configuration).items():
        check = _VALUES.get((codec.name, name))
        if check and not check(value):
            return f"codec {codec.name!r:.80} has the {name} {value!r:.80}, which is not read here"
    if codec.name == "transpose":
        order = as_object(codec.configuration).get("order")
        rank = len(cells) if cells is not None else None
        if not isinstance(order, list) or any(type(axis) is not int for axis in order) or sorted(order) != [*range(len(order))]:
            return f"codec 'transpose' has the order {order!r:.80}, which does not order axes"
        if rank is not None and rank != len(order):
            return f"codec 'transpose' orders {len(order)} axes of {rank}"
    if codec.name == "scale_offset" and not kind.name.startswith(("int", "uint", "float")):
        return f"codec 'scale_offset' does not work on data type {kind.name!r:.80}"
    if codec.name == "numcodecs.packbits" and kind.name != "bool":
        return f"codec 'numcodecs.packbits' does not work on data type {kind.name!r:.80}"
    return None


def _fault_of_shards(codec: Codec, kind: DataType, cells: Sequence[int] | None, level: int) -> str | None:
    settings = as_object(codec.configuration)
    inner = settings.get("chunk_shape")
    if not isinstance(inner, list) or not all(type(extent) is int and extent > 0 for extent in inner):
        return "its shards do not say validly how they are cut into inner chunks"
    if cells is not None and (len(cells) != len(inner) or any(whole % part for whole, part in zip(cells, inner, strict=True))):
        return f"its inner chunks {inner!s:.80} do not fill its shards {list(cells)!s:.80}"
    if level >= MAX_LEVELS:
        return f"its shards are nested deeper than {MAX_LEVELS} levels"
    stated, index = settings.get("codecs"), settings.get("index_codecs")
    count = len(stated) if isinstance(stated, list) else 0
    index_codecs = codec.inner[count:]
    compressing = [each.name for each in index_codecs if each.name not in _FIXED_SIZE]
    if compressing:
        return f"the index of its shards has the codec {compressing[0]!r:.80}; its size must be known beforehand"
    fault = None
    if "codecs" in settings:
        fault = fault_of_pipeline(stated, codec.inner[:count], kind, inner, level=level + 1)
    if fault is None and "index_codecs" in settings:
        fault = fault_of_pipeline(index, index_codecs, _INDEX_TYPE, None, level=level + 1)
    return fault


_INDEX_TYPE: Final = DataType("uint64", 8, "uint64")
