"""Which nodes does this one document of a whole hierarchy hold?

Some writers put a hierarchy into one JSON value: a group's document with its children's documents under ``members``, by name, and
so on downwards. Both formats are written that way; where ``node_type`` is missing, as it is in v2, a node that has a shape is an
array.
Source: pydantic-zarr, "GroupSpec" and "ArraySpec"; EOPF data model, product examples.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from catalog.errors import Problem
from catalog.metadata.document import Json
from catalog.metadata.key import fault_of_key

_NOT_IN_V2 = ("attributes", "members", "node_type")


@dataclass(frozen=True, slots=True)
class Member:
    """One node of a tree, as its own documents would say it.

    Attributes
    ----------
    path
        Path below the root; safe.
    zarr_format
        2 or 3.
    is_array
        Whether it is an array.
    document
        What ``zarr.json`` would hold, or ``.zarray``, or ``.zgroup``.
    attributes
        What ``.zattrs`` would hold; None in v3, where the document has them.
    """

    path: str
    zarr_format: int
    is_array: bool
    document: Json
    attributes: Json


def is_tree(value: Json) -> bool:
    """Whether a JSON value is a whole hierarchy: a group of format 2 or 3 with ``members``."""
    if not isinstance(value, dict) or "members" not in value or "shape" in value:
        return False
    named = value.get("node_type", "group") == "group" and value.get("zarr_format") in (2, 3)
    return named and isinstance(value["members"], dict | None) and "consolidated_metadata" not in value


def split_tree(value: Json, problems: list[Problem]) -> Iterator[Member]:
    """The nodes of a whole hierarchy, the root first; what cannot be a node is a problem.

    Each node speaks for its own format; one that names none has its group's.
    """
    pending: list[tuple[str, Json, int]] = [("", value, 3)]
    while pending:
        path, node, above = pending.pop()
        if not isinstance(node, dict):
            problems.append(Problem(path, "not-an-object", f"the member is {type(node).__name__}; an object is allowed"))
            continue
        stated = node.get("zarr_format", above)
        zarr_format = 2 if stated == 2 else 3
        is_array = node["node_type"] == "array" if "node_type" in node else "shape" in node
        yield _member(path, node, zarr_format, stated, is_array=is_array)
        members = node.get("members")
        if members is None:
            continue
        if is_array or not isinstance(members, dict):
            what = "an array" if is_array else f"a group, and they are {type(members).__name__}"
            message = f"has members, and is {what}; only an object of members, in a group, is read"
            problems.append(Problem(path, "members", message, "/members"))
            continue
        for name, child in members.items():
            fault = "is empty or has a '/'" if not name or "/" in name else fault_of_key(f"{path}/{name}" if path else name)
            if fault:
                message = f"the member {name!r:.200} cannot be a node's name: it {fault}; it was left out"
                problems.append(Problem(path, "unsafe-key", message))
            else:
                pending.append((f"{path}/{name}" if path else name, child, zarr_format))


def _member(path: str, node: dict[str, Json], zarr_format: int, stated: Json, *, is_array: bool) -> Member:
    if zarr_format == 2:
        document = {key: member for key, member in node.items() if key not in _NOT_IN_V2} if is_array else {}
        return Member(path, 2, is_array, document | {"zarr_format": stated}, node.get("attributes"))
    document = {key: member for key, member in node.items() if key != "members"}
    document |= {"zarr_format": stated, "node_type": node.get("node_type", "array" if is_array else "group")}
    return Member(path, 3, is_array, document, None)
