"""Documents whose text is not what JSON text should be: too much, too deep, no text at all, or other than it seems."""

import gzip

from tests.support.zoo.specimen import add, array, group, in_group, text

GOOD = {"good/zarr.json": text(array()), "good/c/0": b"\1\2\3\4"}
ROOT = {"zarr.json": text(group()), **GOOD}
READ = {"good": "values"}


def bad(name: str, what: str, data: bytes, *kinds: str, **about: object) -> None:
    """A document that cannot be read, beside an array that can."""
    add(name, what, {**ROOT, "bad/zarr.json": data}, kinds=kinds, reads=READ, **about)


bad("empty-document", "a zarr.json of no bytes", b"", "invalid-json")
bad("one-space", "a zarr.json of one space", b" ", "invalid-json")
bad("truncated-document", "a zarr.json that was cut off", text(array())[:60], "invalid-json")
bad("comma-at-the-end", "a comma before the closing brace", b'{"zarr_format":3,"node_type":"group",}', "invalid-json")
bad("comments", "JSON with comments", b'{"zarr_format":3,/* yes */"node_type":"group"}', "invalid-json")
bad("single-quotes", "a Python dict", b"{'zarr_format':3,'node_type':'group'}", "invalid-json")
bad("two-documents", "two JSON values in one file", text(group()) * 2, "invalid-json")
bad("html", "the login page of some portal", b"<!DOCTYPE html><html><title>Please log in</title></html>", "invalid-json")
bad("gzipped", "a zarr.json that somebody compressed", gzip.compress(text(group()), mtime=0), "invalid-text")
bad("png", "a picture", b"\x89PNG\r\n\x1a\n" + bytes(100), "invalid-text")
bad("nulls", "a kilobyte of NUL", bytes(1024), "invalid-json")
bad("utf-16", "UTF-16 with its mark", text(group()).decode().encode("utf-16"), "invalid-text")
bad("utf-16-without-mark", "UTF-16 without a mark", text(group()).decode().encode("utf-16-le"), "invalid-json")
bad("utf-32", "UTF-32", text(group()).decode().encode("utf-32"), "invalid-text")
bad("latin-1", "Latin-1 with an umlaut", text(group(x="?")).replace(b"?", b"\xfc"), "invalid-text")
bad("overlong-utf-8", "a slash written in two bytes", text(group(x="?")).replace(b"?", b"\xc0\xaf"), "invalid-text")
bad("surrogate-in-utf-8", "half a character in UTF-8", text(group(x="?")).replace(b"?", b"\xed\xa0\x80"), "invalid-text")
bad("raw-newline-in-string", "a line break inside a string", text(group(x="?")).replace(b"?", b"\n"), "invalid-json")
bad("deep-lists", "100,000 brackets", b"[" * 100_000, "too-deep")
bad("deep-objects", "10,000 objects inside each other", b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too-deep")
bad("deep-attributes", "65 levels in all", text(group()).replace(b"{}", b'{"a":' * 64 + b"1" + b"}" * 64), "too-deep")
bad("just-below-too-deep", "64 levels in all", text(group()).replace(b"{}", b'{"a":' * 63 + b"1" + b"}" * 63))
bad("hidden-depth", "brackets in strings that balance those outside", b'["]",' * 70 + b"1" + b',"["]' * 70, "too-deep")
bad("long-integer", "an integer of 5,000 digits", text(group(x=0)).replace(b"0", b"7" * 5000), "number-too-long")
bad("a-list", "a list where an object belongs", b"[1]", "not-an-object")
bad("a-number", "a number where an object belongs", b"3", "not-an-object")
bad("null-document", "null", b"null", "not-an-object")
bad("a-string", "a string where an object belongs", b'"zarr.json"', "not-an-object")
bad("unknown-node-type", "a node of another kind", text({"zarr_format": 3, "node_type": "leaf"}), "node-type")
bad("no-node-type", "a document without node_type", text({"zarr_format": 3}), "node-type")
bad("version-4", "a document of Zarr 4", text({**group(), "zarr_format": 4}), "zarr-format")
bad("version-as-text", "zarr_format as a string", text({**group(), "zarr_format": "3"}), "zarr-format")
bad("byte-order-mark", "UTF-8 with a byte order mark", b"\xef\xbb\xbf" + text(group()), "byte-order-mark")
bad("duplicate-keys", "node_type given twice", text(group()).replace(b"{", b'{"node_type":"array",', 1), "duplicate-key")
bad("duplicate-attributes", "an attribute given twice", text(group()).replace(b"{}", b'{"a":1,"a":2}'), "duplicate-key")
bad(
    "thousand-duplicates",
    "a thousand objects, each with a key twice",
    text(group(x="?")).replace(b'"?"', b"[" + b",".join([b'{"a":1,"a":2}'] * 1000) + b"]"),
    "duplicate-key",
)
bad("nan", "NaN and infinities as bare words", text(group(a=float("nan"), b=float("inf"), c=-float("inf"))), "non-finite-number")
bad("beyond-double", "1e400 and -1e400", text(group(a=0)).replace(b'"a": 0', b'"a": 1e400, "b": -1e400'), "number-out-of-range")
bad(
    "big-integers",
    "integers of 30 and of 4,000 digits",
    text(group(a=0)).replace(b'"a": 0', b'"a": ' + b"9" * 30 + b', "b": ' + b"9" * 4000),
)
bad("lone-surrogates", "half characters as escapes, in a key and a value", text(group(**{"\ud800": "\udc00x"})), "lone-surrogate")
bad("control-characters", "every control character in keys and values", text(group(**{chr(c): chr(c) * 2 for c in range(0x20)})))
bad(
    "c1-and-bidi",
    "C1 controls, direction marks, zero-width characters",
    text(group(**{"\x85\u202e\u200b": "\u2066\ufeff\x9f\u2028"})),
)
bad(
    "proto", "names that mean something to JavaScript", text(group(__proto__={"a": 1}, constructor={"prototype": {}}, toString=1))
)
bad("long-key", "a key of 100,000 characters", text(group(**{"k" * 100_000: 1})))
bad("long-string", "a string of a million characters", text(group(text="é" * 1_000_000)))
bad("many-keys", "4,000 keys in one object", text(group(**{f"k{n}": n for n in range(4_000)})))
bad("list-attributes", "a list as attributes", text({**group(), "attributes": [1]}), "attributes")
bad("null-attributes", "null as attributes", text({**group(), "attributes": None}))

add("empty-root", "a root document of no bytes", {"zarr.json": b""}, outcome="metadata", kinds=["invalid-json"])
add(
    "html-everywhere",
    "a login page as the root",
    {"zarr.json": b"<html>log in</html>"},
    outcome="metadata",
    kinds=["invalid-json"],
)
add(
    "huge-document",
    "a document of 65 MiB",
    lambda: {**ROOT, "bad/zarr.json": b" " * (65 * 2**20)},
    kinds=["too-large"],
    reads=READ,
    places=("file", "http"),
)
add(
    "million-dimensions",
    "a shape of a million numbers",
    lambda: {**ROOT, "bad/zarr.json": text(array([1] * 1_000_000))},
    kinds=["shape"],
    reads=READ,
)
add(
    "many-values",
    "a list of ten million zeros",
    lambda: {**ROOT, "bad/zarr.json": b'{"zarr_format":3,"attributes":{"a":[' + b"0," * 10_000_000 + b"0]}}"},
    kinds=["too-many-values"],
    reads=READ,
    places=("file",),
)
add(
    "unknown-group-member",
    "a group that demands an extension",
    {**ROOT, "b/zarr.json": text({**group(), "x": {"y": 1}})},
    kinds=["extension"],
)
add("nothing", "a folder with a text file", {"readme.txt": b"hello"}, outcome="not-found")
add(
    "old-draft",
    "the draft of v3 of 2022",
    {"zarr.json": text({"zarr_format": "https://purl.org/zarr/spec/protocol/core/3.0", "metadata_encoding": "x"})},
    outcome="metadata",
    kinds=["old-draft"],
)
add(
    "v2-bad-everything",
    "v2 documents that are broken in four ways",
    {
        ".zgroup": text({"zarr_format": 2}),
        ".zattrs": b"{",
        "a/.zarray": b"[]",
        "b/.zgroup": b"",
        "c/.zattrs": b"{}",
        "good/.zgroup": text({"zarr_format": 2}),
    },
    kinds=["invalid-json", "not-an-object"],
)
add("v2-says-3", "a .zgroup that says it is v3", {".zgroup": text({"zarr_format": 3})}, kinds=["zarr-format"])
add(
    "attributes-alone",
    "a .zattrs without a node",
    {".zgroup": text({"zarr_format": 2}), "x/.zattrs": text({"a": 1})},
    kinds=["no-node"],
)
add("in-group-helper", "an array that is well, to see that the zoo itself works", in_group(array()), reads={"a": "values"})
