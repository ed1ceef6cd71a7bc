"""A plate as OME-Zarr describes it: wells, fields of view, resolution levels."""

from typing import Any

from tests.support.zarr_documents import array_v2, array_v3, group_v3


def plate(rows: int = 8, columns: int = 12, fields: int = 4, levels: int = 5) -> dict[str, dict[str, Any]]:
    """Node path → v3 document of a plate of 5-dimensional images (t, c, z, y, x)."""
    nodes: dict[str, dict[str, Any]] = {"": group_v3(ome={"version": "0.5", "plate": {"name": "plate", "field_count": fields}})}
    for row in "ABCDEFGHIJKLMNOP"[:rows]:
        nodes[row] = group_v3()
        for column in range(1, columns + 1):
            images = [{"path": str(field), "acquisition": 0} for field in range(fields)]
            nodes[f"{row}/{column}"] = group_v3(ome={"version": "0.5", "well": {"images": images}})
            for field in range(fields):
                image = f"{row}/{column}/{field}"
                nodes[image] = group_v3(ome={"version": "0.5", "multiscales": [_multiscale(levels)]})
                for level in range(levels):
                    size = 2048 >> level
                    nodes[f"{image}/{level}"] = array_v3(
                        [1, 4, 30, size, size],
                        [1, 1, 1, min(size, 1024), min(size, 1024)],
                        dimension_names=["t", "c", "z", "y", "x"],
                        data_type="uint16",
                        fill_value=0,
                    )
    return nodes


def _multiscale(levels: int) -> dict[str, Any]:
    units = {"t": "second", "c": None, "z": "micrometer", "y": "micrometer", "x": "micrometer"}
    kinds = {"t": "time", "c": "channel"}
    axes = [{"name": axis, "type": kinds.get(axis, "space"), **({"unit": unit} if unit else {})} for axis, unit in units.items()]
    datasets = [
        {
            "path": str(level),
            "coordinateTransformations": [{"type": "scale", "scale": [1.0, 1.0, 0.5, 0.1 * 2**level, 0.1 * 2**level]}],
        }
        for level in range(levels)
    ]
    return {"name": "image", "axes": axes, "datasets": datasets}


def as_v2(nodes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Key → document of the same hierarchy as Zarr v2."""
    found: dict[str, Any] = {}
    for path, node in nodes.items():
        prefix = f"{path}/" if path else ""
        attributes = dict(node.get("attributes", {}))
        if node["node_type"] == "group":
            found[f"{prefix}.zgroup"] = {"zarr_format": 2}
        else:
            chunks = node["chunk_grid"]["configuration"]["chunk_shape"]
            found[f"{prefix}.zarray"] = array_v2(node["shape"], chunks, dtype="<u2", fill_value=0, dimension_separator="/")
            attributes["_ARRAY_DIMENSIONS"] = node["dimension_names"]
        if attributes:
            found[f"{prefix}.zattrs"] = attributes
    return found


def as_v3(nodes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Key → document of the hierarchy, one per node."""
    return {f"{path}/zarr.json" if path else "zarr.json": node for path, node in nodes.items()}


def consolidated_v3(nodes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The root's document with all others inside."""
    inside = {path: node for path, node in nodes.items() if path}
    return {**nodes[""], "consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": inside}}


def consolidated_v2(documents: dict[str, Any]) -> dict[str, Any]:
    """What ``.zmetadata`` holds."""
    return {"zarr_consolidated_format": 1, "metadata": documents}
