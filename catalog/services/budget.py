"""How much may be read of a store beside its metadata?"""

import hashlib
from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class SupplementLimits:
    """What may be read of a store beside its metadata, in one ingest.

    Attributes
    ----------
    values
        Whether values of arrays are read at all; without them there are no extents but those that attributes state.
    max_arrays
        Arrays that are opened.
    max_bytes
        Decoded bytes that are read of one array.
    max_total_bytes
        Decoded bytes that are read of all arrays together.
    max_file_bytes
        Bytes of one file.
    """

    values: bool = True
    max_arrays: int = 64
    max_bytes: int = 16 * 2**20
    max_total_bytes: int = 64 * 2**20
    max_file_bytes: int = 16 * 2**20

    @property
    def tag(self) -> str:
        """A word for bounds that are not the default ones: the same store may tell more, or less, with others."""
        return "" if self == SupplementLimits() else hashlib.blake2b(repr(astuple(self)).encode(), digest_size=6).hexdigest()


DEFAULT_SUPPLEMENT_LIMITS = SupplementLimits()
