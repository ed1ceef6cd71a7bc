"""What is a group?"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from catalog.metadata.document import Json, canonical_json


@dataclass(frozen=True)
class Group:
    """A node that holds other nodes.

    Attributes
    ----------
    path
        Path below the root, without a leading ``/``; ``""`` is the root.
    zarr_format
        2 or 3.
    attributes
        The user's attributes.
    """

    path: str
    zarr_format: int
    attributes: dict[str, Json]

    @cached_property
    def digest(self) -> str:
        """sha256 over what the group's documents say, 64 hex digits; the same for every route to them."""
        return node_digest(f"group {self.zarr_format}", self.attributes)


def node_digest(structure: str, attributes: dict[str, Json]) -> str:
    """Digest of a node: one line for its structure, then its attributes as canonical JSON."""
    text = f"{structure}\n{canonical_json(attributes) if attributes else '{}'}"
    return hashlib.sha256(text.encode()).hexdigest()
