"""A store whose names are as odd as Zarr allows, with an image, CF attributes and linked data of its own."""

from pathlib import Path
from typing import Any

import numpy as np
import zarr

ODD_NAMES = (
    "a b", "ü ñ", "日本語", "100%", "%2F", "a+b&c=d", "what?", "q#r", "semi;colon,comma", "(x)[y]{z}", "it's", 'say "x"',
    "~tilde~", "^`|", "<b>", "a.ttl", "b.html", "..hidden", "x@y:z!$*", "e\u0301", "\u202eabc", "😀", "{{7*7}}", "javascript:x",
)  # fmt: skip
"""Names of groups, each of which holds an array."""
INJECTION = "<script>alert(1)</script>\"'&"
"""A value that would do harm in a page that does not escape it."""


def write_odd_store(folder: Path) -> None:
    """Write the store: Zarr v3, local."""
    root = zarr.create_group(folder, zarr_format=3)
    root.attrs.update({"Conventions": "CF-1.11", "title": INJECTION})
    for name in ODD_NAMES:
        group = root.create_group(name)
        array = group.create_array(name, shape=(4, 6), chunks=(2, 3), dtype="float32", dimension_names=("time", name))
        array.attrs.update({"note": INJECTION, "units": "K", "standard_name": "air_temperature", "control": "a\u0007b", "n": 5})
    described: dict[str, Any] = {
        "@context": {"lab": "https://example.org/lab/"},
        "@id": "https://example.org/lab/s1",
        "lab:name": "S",
    }
    root.create_group("described").attrs.update({"metadata": described, **described})
    _write_image(root.create_group("image"))


def _write_image(group: "zarr.Group") -> None:
    """An OME-Zarr image of two levels and two channels."""
    axes = [{"name": "c", "type": "channel"}, *({"name": each, "type": "space", "unit": "micrometer"} for each in "yx")]
    levels = [
        {"path": str(n), "coordinateTransformations": [{"type": "scale", "scale": [1.0, 0.5 * 2**n, 0.5 * 2**n]}]} for n in (0, 1)
    ]
    window = {"min": 0, "max": 255, "start": 0, "end": 200}
    channels = [
        {"label": label, "color": color, "window": window, "active": True} for label, color in (("A", "FF0000"), ("B", "00FF00"))
    ]
    group.attrs["ome"] = {
        "version": "0.5",
        "multiscales": [{"name": "image", "axes": axes, "datasets": levels}],
        "omero": {"channels": channels},
    }
    for n in (0, 1):
        data = np.zeros((2, 8 >> n, 8 >> n), "uint8")
        group.create_array(str(n), data=data, chunks=(1, 4, 4), dimension_names=("c", "y", "x"))
