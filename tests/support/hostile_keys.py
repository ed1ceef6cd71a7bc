"""How many ways are there to write a key that leads out of its store?

What file systems, web servers, object stores and decoders are known to take for "the folder above", for a root, or for the end
of a name: CWE-22 and those below it, RFC 3986 sections 2.1 and 5.2.4, Unicode look-alikes (UTS 39), names of Windows.
"""

TARGET = "outside"
"""A file beside each store; whoever gives its content out has left the store."""

_UP = (
    "..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%252e%252e", "%c0%ae%c0%ae", "%u002e%u002e", "\u2025", "\uff0e\uff0e",
    "\u2024\u2024", "\ufe52\ufe52", "..;", "..;a=b", ".. ", " ..", "..\t", "..\x00", "..%00", "....", "...", ".", "./..", "a/..",
    "a/../..", "x/y/../../..", "..\u200b", "\u202e..", "..\ud800", "..%20", "..%09", "..#", "..?",
)  # fmt: skip
_SLASH = ("\\", "%2f", "%2F", "%5c", "%252f", "%c0%af", "\u2215", "\u2044", "\u29f8", "\uff0f", "\uff3c", "//", "/./", "\\/", ":")


def hostile_keys(root: str = "/etc/hostname") -> list[str]:
    """Keys that lead, or look as if they led, out of a store, to what is called `TARGET`; all different.

    Parameters
    ----------
    root
        The absolute path of a file that exists.
    """
    keys = [f"{up}/{TARGET}" for up in _UP] + [f"..{slash}{TARGET}" for slash in _SLASH]
    keys += [
        root,
        f"/{root}",
        f"a/{root}",
        f"file://{root}",
        f"/proc/self/root{root}",
        f"..{root}",
        f"../{TARGET}/",
        f"../{TARGET}\x00",
    ]
    keys += [
        f"../{TARGET}\x00.json",
        f"../{TARGET}/.",
        f"a/../../{TARGET}",
        f"/../{TARGET}",
        "~/x",
        "~root/x",
        "$HOME/x",
        "CON",
        "C:\\x",
    ]
    keys += ["\\\\host\\share\\x", f"s3://other/{TARGET}", f"http://127.0.0.1:9/{TARGET}", "", "/", "."]
    return list(dict.fromkeys(keys))
