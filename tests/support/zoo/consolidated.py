"""Consolidated documents that lie: about keys, about each other, about themselves."""

from typing import Any

from tests.support.zoo.specimen import add, array, array2, group, text

GOOD = array()


def v3(inner: dict[str, Any], **members: Any) -> dict[str, bytes]:
    """A v3 root that consolidates these nodes."""
    found = {"kind": "inline", "must_understand": False, "metadata": inner}
    return {"zarr.json": text({**group(), "consolidated_metadata": found, **members}), "good/c/0": b"\1\2\3\4"}


def v2(inner: dict[str, Any]) -> dict[str, bytes]:
    """A ``.zmetadata`` of these documents."""
    metadata = {".zgroup": {"zarr_format": 2}, "good/.zarray": array2(), **inner}
    return {".zmetadata": text({"zarr_consolidated_format": 1, "metadata": metadata}), "good/0": b"\1\2\3\4"}


EVIL_PATHS = {
    "dots": "../outside", "dots-inside": "a/../../outside", "absolute": "/etc/passwd", "backslash": "..\\outside",
    "drive": "C:\\windows\\win.ini", "empty-segment": "a//b", "one-dot": "a/./b", "nul": "a\0b", "newline": "a\nb",
    "too-long": "x" * 2000, "ends-with-slash": "a/", "half-character": "\ud800",
}  # fmt: skip
for _name, _path in EVIL_PATHS.items():
    add(
        f"path-{_name}",
        f"a node whose path is {_path[:20]!r}",
        v3({"good": GOOD, _path: GOOD}),
        kinds=["lone-surrogate"] if _name == "half-character" else ["unsafe-key"],
        reads={"good": "values"},
    )
    if _name != "half-character":
        add(
            f"path-{_name}-2",
            f"a key {_path[:20]!r} in .zmetadata",
            v2({f"{_path}/.zarray": array2()}),
            kinds=["unsafe-key"],
            reads={"good": "values"},
        )
for _name, _path in {"percent": "%2e%2e/outside", "fullwidth-dots": "\uff0e\uff0e/outside", "colon": "C:x"}.items():
    add(f"path-{_name}", f"a node whose path is {_path!r}, a name like any other", v3({"good": GOOD, _path: group()}))
add(
    "names-itself",
    "a consolidated document that names itself",
    v3({"good": GOOD, "zarr.json": group(), "": array()}),
    reads={"good": "values"},
)
add(
    "consolidates-consolidated",
    "consolidated metadata inside consolidated metadata",
    v3({"good": GOOD, "b": {**group(), "consolidated_metadata": {"metadata": {"c": group()}}}}),
    reads={"good": "values"},
)
add("array-in-array", "an array below an array", v3({"good": GOOD, "good/inner": GOOD}), reads={"good": "values"})
add(
    "members-of-other-kinds",
    "numbers and lists where documents belong",
    v3({"good": GOOD, "a": 5, "b": [], "c": None, "d": "x"}),
    kinds=["not-an-object"],
)
add(
    "consolidated-as-list",
    "a list of consolidated metadata",
    {"zarr.json": text({**group(), "consolidated_metadata": [1]})},
    kinds=["invalid-consolidated"],
)
add(
    "metadata-as-number",
    "a number as consolidated metadata",
    {"zarr.json": text({**group(), "consolidated_metadata": {"metadata": 7}})},
    kinds=["invalid-consolidated"],
)
add("contradicting-types", "consolidated as group, on disk an array", {**v3({"good": group()}), "good/zarr.json": text(GOOD)})
add("zmetadata-of-nothing", "a .zmetadata without nodes", {".zmetadata": text({"metadata": {}})}, outcome="metadata")
add(
    "zmetadata-hello",
    "a .zmetadata that is something else",
    {".zmetadata": text({"hello": "world"})},
    outcome="metadata",
    kinds=["invalid-consolidated"],
)
add("zmetadata-attributes-alone", "attributes of no node", v2({"x/.zattrs": {"a": 1}}), kinds=["no-node"])
add(
    "zmetadata-group-and-array",
    "a path that is a group and an array",
    v2({"good/.zgroup": {"zarr_format": 2}}),
    reads={"good": "values"},
)
add(
    "zmetadata-strange-keys",
    "keys that are no documents",
    v2({"readme.txt": "x", ".zmetadata": {}, "a/.zchunk": {}, "": {}}),
    reads={"good": "values"},
)
add("zmetadata-of-texts", "documents written as texts", v2({"a/.zgroup": '{"zarr_format": 2}'}), kinds=["not-an-object"])
add(
    "duplicate-paths",
    "one path twice",
    {
        "zarr.json": v3({"good": GOOD})["zarr.json"].replace(
            b'"good": {', b'"good": {"zarr_format": 3, "node_type": "group"}, "good": {'
        ),
        "good/c/0": b"\1\2\3\4",
    },
    kinds=["duplicate-key"],
    reads={"good": "values"},
)
add(
    "many-nodes",
    "two thousand groups in one document",
    lambda: v3({"good": GOOD, **{f"g{n}": {"zarr_format": 3, "node_type": "group"} for n in range(2000)}}),
    reads={"good": "values"},
    places=("file",),
)
add(
    "too-many-nodes",
    "more nodes than are read",
    lambda: v3({f"g{n}": {"zarr_format": 3, "node_type": "group"} for n in range(200_001)}),
    kinds=["too-many-nodes"],
    places=("http",),
    dry=True,
)
add(
    "both-formats",
    "a node of both formats",
    {"zarr.json": text(group()), "good/zarr.json": text(GOOD), "good/.zarray": text(array2()), "good/c/0": b"\1\2\3\4"},
    kinds=["both-formats"],
    reads={"good": "values"},
)
add(
    "both-formats-broken",
    "a node of both formats whose v3 document is broken",
    {
        "zarr.json": text(group()),
        "good/zarr.json": b"{",
        "good/.zarray": text(array2()),
        "good/0": b"\1\2\3\4",
    },
    kinds=["invalid-json"],
)
