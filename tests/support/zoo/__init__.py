"""Hostile stores: what a stranger may put where a Zarr store is expected, and what must come of it.

Each specimen says what it does and what the catalogue answers: ``accepted``, or the code of the error; kinds of problems that
must be among those reported; and what comes of reading the first element of an array. ``SPECIMENS`` holds them all, by id.
"""

from tests.support.zoo import arrays, bombs, codecs, consolidated, linked_data, names, text
from tests.support.zoo.specimen import SPECIMENS, Specimen

__all__ = ["SPECIMENS", "Specimen", "arrays", "bombs", "codecs", "consolidated", "linked_data", "names", "text"]
