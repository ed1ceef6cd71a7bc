"""What is one file of shapes?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShapesFile:
    """One Turtle file.

    Attributes
    ----------
    name
        Where it comes from, for messages: ``core/array.ttl``, or the path as the user gave it.
    text
        Its exact bytes.
    """

    name: str
    text: bytes
