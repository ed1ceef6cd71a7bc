"""Where in a group's attributes are its OME-Zarr metadata, and of which version are they?

Up to 0.4 the keys stand among the user's own; from 0.5 on inside ``ome``, which has the version. Writers mix both: a key counts
wherever it stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.metadata.document import Json, as_object
from catalog.metadata.group import Group

NAMESPACE = "ome"
KEYS = ("multiscales", "omero", "plate", "well", "image-label", "labels", "bioformats2raw.layout", "series", "scene", "tables")
"""Keys that have a meaning by OME-NGFF; ``tables`` is ngio's."""
VERSION = "version"

STRINGS, SCALES, SYSTEMS = 3, 4, 6
"""Generations: axes are strings (to 0.3), or have a type and levels a scale (0.4, 0.5), or there are coordinate systems (0.6)."""


@dataclass
class Metadata:
    """The OME-Zarr metadata of one group.

    Attributes
    ----------
    group
        The group.
    members
        Key → value.
    owners
        Key → the attribute that it stands in: itself, or ``ome``.
    stated
        The version as it stands; None where none is stated.
    generation
        ``STRINGS``, ``SCALES`` or ``SYSTEMS``.
    kept
        Attributes that are not said in full by triples.
    """

    group: Group
    members: Mapping[str, Json]
    owners: Mapping[str, str]
    stated: Json
    generation: int
    kept: set[str] = field(default_factory=set)

    @property
    def path(self) -> str:
        """Path of the group."""
        return self.group.path

    @property
    def namespaced(self) -> bool:
        """Whether any of it stands inside ``ome``."""
        return NAMESPACE in self.owners.values() or NAMESPACE in self.group.attributes

    def pointer(self, key: str) -> str:
        """JSON pointer to a member, in the group's document."""
        start = "/attributes" if self.group.zarr_format == 3 else ""
        inside = f"/{NAMESPACE}" if self.owners.get(key) == NAMESPACE else ""
        return f"{start}{inside}/{key.replace('~', '~0').replace('/', '~1')}"

    def keep(self, key: str) -> None:
        """Note that triples do not say all of a member, so that it stays among the attributes."""
        if key in self.owners:
            self.kept.add(self.owners[key])

    def consumed(self) -> set[str]:
        """The attributes that triples say in full."""
        owners = set(self.owners.values())
        inside = as_object(self.group.attributes.get(NAMESPACE))
        if set(inside) - set(KEYS) - {VERSION}:
            owners.discard(NAMESPACE)
        return owners - self.kept


def read_metadata(group: Group) -> Metadata | None:
    """The OME-Zarr metadata of a group; None where it has none."""
    attributes = group.attributes
    inside = attributes.get(NAMESPACE)
    inner = as_object(inside)
    members: dict[str, Json] = {}
    owners: dict[str, str] = {}
    for key in KEYS:
        if key in inner:
            members[key], owners[key] = inner[key], NAMESPACE
        elif key in attributes:
            members[key], owners[key] = attributes[key], key
    if not members and not _is_namespace(inside):
        return None
    stated = _version(inner, members)
    return Metadata(group, members, owners, stated, _generation(stated, members))


def _is_namespace(value: Json) -> bool:
    return isinstance(value, dict) and (VERSION in value or "coordinateSystems" in value)


def _version(inner: Mapping[str, Json], members: Mapping[str, Json]) -> Json:
    """The version that is stated: in ``ome``, else by the first of the keys that has one."""
    if VERSION in inner:
        return inner[VERSION]
    for key in ("multiscales", "plate", "well", "image-label", "omero"):
        value = members.get(key)
        found = as_object(value[0] if isinstance(value, list) and value else value).get(VERSION)
        if found is not None:
            return found
    return None


def _generation(stated: Json, members: Mapping[str, Json]) -> int:
    text = str(stated or "")
    if text.startswith(("0.1", "0.2", "0.3")):
        return STRINGS
    if text.startswith(("0.4", "0.5")):
        return SCALES
    if text.startswith("0.6"):
        return SYSTEMS
    first = members.get("multiscales")
    multiscale = as_object(first[0] if isinstance(first, list) and first else None)
    axes = multiscale.get("axes")
    if "coordinateSystems" in multiscale or "scene" in members:
        return SYSTEMS
    strings = isinstance(axes, list) and any(isinstance(axis, str) for axis in axes)
    return STRINGS if strings else SCALES
