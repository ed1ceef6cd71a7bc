"""Names, links and things that are no files."""

import contextlib
import os
import socket
from pathlib import Path

from tests.support.zoo.specimen import add, array, group, text

ROOT = {"zarr.json": text(group()), "good/zarr.json": text(array()), "good/c/0": b"\1\2\3\4"}
READ = {"good": "values"}
GROUP = text(group())

for _name, _path in {
    "spaces": "my group with spaces", "percent-name": "100%2F%00", "hash-and-query": "a#b?c=d&e",
    "quotes": "a\"b'c<d>", "emoji": "😀🏳️‍🌈",
    "bidi-name": "safe\u202egnp.exe", "zero-width-name": "a\u200bb", "combining": "e\u0301", "non-characters": "a\ufffeb",
    "c1-name": "a\x85b", "braces": "{a}|^`", "dots-name": "...", "dash-name": "-rf", "tilde": "~root", "dollar": "$(touch x)",
    "chunk-look-alike": "c/0/0", "document-as-folder": ".zarray/x", "reserved-name": "__proto__",
    "windows-device": "CON", "bracket": "[::1]",
}.items():  # fmt: skip
    add(
        f"name-{_name}",
        f"a group called {_path!r}",
        {**ROOT, f"{_path}/zarr.json": GROUP},
        reads=READ,
        places=("file", "s3") if _name in {"hash-and-query", "document-as-folder", "percent-name"} else ("file", "http", "s3"),
    )
add("name-of-250-bytes", "a name as long as a file system takes", {**ROOT, f"{'ü' * 125}/zarr.json": GROUP}, reads=READ)
add("case-clash", "two names that differ in case alone", {**ROOT, "A/zarr.json": GROUP, "a/zarr.json": text(array())}, reads=READ)
add("unicode-clash", "one name in two normal forms", {**ROOT, "é/zarr.json": GROUP, "e\u0301/zarr.json": GROUP}, reads=READ)
add("array-inside-array", "a group inside the folder of an array", {**ROOT, "good/inner/zarr.json": GROUP}, reads=READ)
add("deep-folders", "sixty folders inside each other", {**ROOT, "/".join(["d"] * 60) + "/zarr.json": GROUP}, reads=READ)
add(
    "too-deep-folders",
    "two hundred folders inside each other",
    {**ROOT, "/".join(["d"] * 200) + "/zarr.json": GROUP},
    reads=READ,
    kinds=["too-deep"],
)
for _name, _key in {
    "dots": "../outside2/zarr.json", "dots-inside": "a/../../x/zarr.json", "double-slash": "a//zarr.json",
    "absolute": "//etc/zarr.json",
    "backslash": "a\\b/zarr.json", "control": "a\x01b/zarr.json", "kilobyte": "k" * 1000 + "/zarr.json",
}.items():  # fmt: skip
    add(f"s3-key-{_name}", f"an object at the key {_key[:20]!r}", {**ROOT, _key: GROUP}, reads=READ, places=("s3",))


def local(name: str, what: str, change: object, *kinds: str, **about: object) -> None:
    """Something that only a file system can hold."""
    add(name, what, ROOT, local=change, kinds=kinds, places=("file",), **{"reads": READ, **about})


def _link(path: str, target: str) -> object:
    def change(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)

    return change


def _folder(path: str) -> object:
    return lambda root: (root / path).mkdir(parents=True)


def _named_pipe(path: str) -> object:
    def change(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).unlink(missing_ok=True)
        os.mkfifo(root / path)

    return change


def _socket(root: Path) -> None:
    (root / "s").mkdir()
    with contextlib.chdir(root / "s"), socket.socket(socket.AF_UNIX) as listener:  # the path of a socket is short
        listener.bind("zarr.json")


def _tiny(root: Path) -> None:
    (root / "x").mkdir()
    os.close(os.open(bytes(root / "x") + b"/\xff\xfe", os.O_CREAT))
    os.mkdir(bytes(root / "x") + b"/\xfe\xff")  # noqa: PTH102  no Path has such a name
    (root / "x" / "zarr.json").write_bytes(GROUP)


local("link-to-outside", "a document that is a link out of the root", _link("x/zarr.json", "../../outside"), "link-outside")
local("link-to-etc", "a document that is a link to a file of the system", _link("x/zarr.json", "/etc/hostname"), "link-outside")
local("folder-link-outside", "a folder that is a link to everything", _link("x", "/"), "link-outside")
local("folder-link-up", "a folder that is a link to the folder above the root", _link("x", ".."), "link-outside")
local("link-loop", "a folder that is a link to its own parent", _link("x", "."))
local("link-to-itself", "a link to itself", _link("x", "x"))
local("link-to-nothing", "a link that leads nowhere", _link("x/zarr.json", "nowhere"))
local(
    "link-inside",
    "a folder that is a link to an array of the same store",
    _link("twin", "good"),
    reads={"good": "values", "twin": "values"},
)
local(
    "link-to-proc",
    "a document that is a link to the memory of the process",
    _link("x/zarr.json", "/proc/self/mem"),
    "link-outside",
)
local("link-to-zero", "a document that never ends", _link("x/zarr.json", "/dev/zero"), "link-outside")
local("pipe", "a document that is a pipe", _named_pipe("x/zarr.json"), "not-a-file")
local("pipe-as-chunk", "a chunk that is a pipe", _named_pipe("good/c/0"), reads={"good": "not-a-file"})
local("socket", "a document that is a socket", _socket, "not-a-file")
local("document-is-folder", "a folder called zarr.json", _folder("x/zarr.json"))
local("names-that-are-no-text", "names that are no UTF-8", _tiny, "unsafe-key")


def _chunk_link(root: Path) -> None:
    (root / "good/c/0").unlink()
    (root / "good/c/0").symlink_to("../../../outside")


def _chunk_folder_link(root: Path) -> None:
    (root / "good/c/0").unlink()
    (root / "good/c").rmdir()
    (root / "good/c").symlink_to("/etc")


local("chunk-link-outside", "a chunk that is a link out of the root", _chunk_link, reads={"good": "link-outside"})
local("chunk-folder-link-outside", "a folder of chunks that is a link out of the root", _chunk_folder_link)
