"""What is a group?"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from catalog.metadata.document import Json, canonical_json


@dataclass
class Group:
    """A node that holds other nodes. Nobody changes one; a frozen class is not used only because it takes long to make.

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
        return node_digest("group", self.zarr_format, self.attributes)


def node_digest(*facts: Json) -> str:
    """Digest of a node: sha256 of the canonical JSON of a list of all that its documents say."""
    return hashlib.sha256(canonical_json(facts).encode()).hexdigest()
