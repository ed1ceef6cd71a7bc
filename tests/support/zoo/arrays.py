"""Arrays whose metadata ask for too much, say nothing that makes sense, or need what nobody here has."""

from typing import Any

from tests.support.zoo.specimen import add, array, array2, group, in_group, in_group2, text

NOT_HERE = ["not-readable"]


def _about(members: dict[str, Any]) -> dict[str, Any]:
    """What is said of the specimen, taken out of the members: ``read``, ``kinds``, ``judged``."""
    read = members.pop("read", "")
    about = {"kinds": members.pop("kinds", []), "reads": {"a": read} if read else {}}
    return {**about, "judged": members.pop("judged")} if "judged" in members else about


def v3(name: str, what: str, *, chunk: bytes | None = b"\1\2\3\4", **members: Any) -> None:
    """A v3 array with members that differ."""
    about, shape, chunks = _about(members), members.pop("shape", None), members.pop("chunks", None)
    add(name, what, in_group(array(shape, chunks, **members), chunk), **about)


def v2(name: str, what: str, *, chunk: bytes | None = b"\1\2\3\4", **members: Any) -> None:
    """A v2 array with members that differ."""
    about, shape, chunks = _about(members), members.pop("shape", None), members.pop("chunks", None)
    add(name, what, in_group2(array2(shape, chunks, **members), chunk), **about)


# -- shapes and chunks
v3("shape-2-63", "2^63 elements along an axis", shape=[2**63], chunks=[4], kinds=["shape"])
v3("shape-2-70", "2^70 elements along an axis", shape=[2**70], chunks=[2**60], kinds=["shape"], read="metadata")
v3("shape-2-62", "2^62 elements in chunks of four", shape=[2**62], chunks=[4], read="values")
v3("chunk-2-62", "a chunk of 2^62 bytes", shape=[2**62], read="limit-exceeded")
v3("zero-chunk", "chunks of no elements", chunks=[0], kinds=["chunk-grid"], read="metadata", judged="refused")
v2("zero-chunk-2", "chunks of no elements", chunks=[0], kinds=["chunk-grid"], read="metadata", judged="refused")
v3("negative-chunk", "chunks of -4 elements", chunks=[-4], kinds=["chunk-grid"], read="metadata", judged="refused")
v3("true-chunk", "true as a chunk's extent", chunks=[True], kinds=["chunk-grid"], read="metadata", judged="refused")
v3("real-chunk", "half an element", chunks=[0.5], kinds=["chunk-grid"], read="metadata", judged="refused")
v3("chunk-of-another-rank", "chunks of two dimensions in an array of one", chunks=[2, 2], kinds=["chunk-grid"], read="metadata")
v2("chunk-of-another-rank-2", "the same in v2", chunks=[2, 2], kinds=["chunk-grid"], read="metadata")
v3("no-dimension", "a scalar", shape=[], chunk=None, read="values")
v3("no-length", "an axis of no elements", shape=[0], chunks=[4])
v3("sixty-four-dimensions", "64 axes", shape=[1] * 64, chunk=None)
for name, shape in {
    "sixty-five-dimensions": [1] * 65, "negative-shape": [-1], "real-shape": [4.0], "true-shape": [True], "text-shape": "four",
    "object-shape": {"0": 4}, "null-shape": None, "nested-shape": [[4]],
}.items():  # fmt: skip
    document = {**array(), "shape": shape}
    add(name, f"a shape of {str(shape)[:20]}", {**in_group(document), "b/zarr.json": text(group())}, kinds=["shape"])
for member in ("data_type", "chunk_grid", "chunk_key_encoding", "codecs", "fill_value"):
    document = {key: value for key, value in array().items() if key != member}
    add(f"without-{member}", f"an array without {member}", in_group(document), reads={"a": "metadata"})
v3("names-do-not-fit", "two names for one dimension", dimension_names=["x", "y"], kinds=["dimension-names"])
v3("names-are-numbers", "a number as a dimension's name", dimension_names=[5], kinds=["dimension-names"])
v3("names-with-controls", "control characters in a dimension's name", dimension_names=["a\u0000\u202eb\n"], read="values")
v3("same-names", "one name for two dimensions", shape=[2, 2], dimension_names=["x", "x"], chunk=None)

# -- data types
v2("bytes-2-31", "elements of two gigabytes", dtype="|S2147483647", fill_value=None, shape=[1], chunk=None, read="limit-exceeded")
v2(
    "void-2-31",
    "elements of two gigabytes of anything",
    dtype="|V2147483647",
    fill_value=None,
    shape=[1],
    chunk=None,
    read="limit-exceeded",
)
v2(
    "text-2-31",
    "texts of half a billion characters",
    dtype="<U536870911",
    fill_value=None,
    shape=[1],
    chunk=None,
    read="limit-exceeded",
)
v2("void-too-long-for-numpy", "elements of 10^10 bytes", dtype="|V9999999999", fill_value=None, shape=[1], chunk=None)
v3(
    "raw-2-40",
    "elements of 2^40 bytes",
    data_type={"name": "raw_bytes", "configuration": {"length_bytes": 2**40}},
    fill_value="",
    shape=[1],
    read="limit-exceeded",
)
v3(
    "text-3-2-40",
    "texts of 2^40 bytes",
    data_type={"name": "fixed_length_utf32", "configuration": {"length_bytes": 2**40}},
    fill_value="",
    shape=[1],
    read="limit-exceeded",
)
v3("r-bits", "a name that is a size", data_type="r99999999999", fill_value="", kinds=NOT_HERE)
v2(
    "many-fields",
    "20,000 fields",
    dtype=[[f"f{n}", "<f8"] for n in range(20_000)],
    fill_value=None,
    chunk=None,
    read="limit-exceeded",
)
v2(
    "big-fields",
    "a thousand fields of two gigabytes",
    dtype=[[f"f{n}", "|V2147483647"] for n in range(1000)],
    fill_value=None,
    chunk=None,
    read="limit-exceeded",
)
_deep: Any = "<f8"
for _ in range(40):
    _deep = [["a", _deep]]
v2("nested-fields", "forty structures inside each other", dtype=_deep, fill_value=None, chunk=None)
v2(
    "field-shape-bomb",
    "a field of 2^60 elements",
    dtype=[["a", "<f8", [2**30, 2**30]]],
    fill_value=None,
    chunk=None,
    kinds=NOT_HERE,
)
v2("comma-type", "a text that NumPy takes for many types", dtype=",".join(["f8"] * 1000), fill_value=None, kinds=NOT_HERE)
v2("python-type", "a type that names Python", dtype="object", fill_value=None, kinds=NOT_HERE)
v2("time-without-unit", "a time in parsecs", dtype="<M8[pc]", fill_value=None, kinds=NOT_HERE)
v2("no-type", "null as the data type", dtype=None, kinds=["data-type"])
for name, kind in {"float-128": "float128", "optional": {"name": "optional", "configuration": {"name": "uint8"}}}.items():
    v3(name, "a data type that nobody here reads", data_type=kind, kinds=NOT_HERE, read="metadata")
v3("type-without-name", "a number as the data type", data_type=5, kinds=["data-type"])
v3("fill-of-another-type", "a text that fills numbers", fill_value="many", kinds=NOT_HERE, read="metadata")
v3("fill-too-large", "300 in a byte", fill_value=300, kinds=NOT_HERE, read="metadata")
v3(
    "fill-of-a-megabyte",
    "a fill value of a million characters",
    data_type={"name": "raw_bytes", "configuration": {"length_bytes": 4}},
    fill_value="A" * 1_000_000,
    chunk=None,
)
v2("objects-without-codec", "objects and nothing that makes them", dtype="|O", fill_value=None, kinds=NOT_HERE)

# -- extensions
v3(
    "grid-not-known",
    "a chunk grid of nobody",
    chunk_grid={"name": "hexagonal", "configuration": {}},
    kinds=["chunk-grid"],
    read="metadata",
)
v3(
    "grid-rectilinear",
    "a grid of chunks of many sizes",
    chunk_grid={"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [[[1, 10**12]]]}},
    kinds=["chunk-grid"],
    read="metadata",
)
v3(
    "keys-not-known",
    "a chunk key encoding of nobody",
    chunk_key_encoding={"name": "hash"},
    kinds=["chunk-key-encoding"],
    read="metadata",
)
v3(
    "keys-lead-out",
    "a separator that leads out",
    chunk_key_encoding={"name": "default", "configuration": {"separator": "/../"}},
    kinds=["chunk-key-encoding"],
    read="metadata",
)
v2("keys-lead-out-2", "the same in v2", dimension_separator="/../../", kinds=["chunk-key-encoding"], read="metadata")
v3("transformer", "a storage transformer", storage_transformers=[{"name": "encrypt"}], kinds=["extension"], read="metadata")
v3(
    "must-understand",
    "an extension that must be understood",
    lock={"must_understand": True},
    kinds=["extension"],
    read="metadata",
)
v3("need-not-understand", "an extension that need not", hint={"must_understand": False}, read="values")
v3("member-not-known", "a member of nobody", colour="red", kinds=["extension"], read="metadata")
