"""What does the rest of the program need of a validator?

One method. pySHACL stands behind it today; whatever replaces it has to give the same reports.
"""

from collections.abc import Sequence
from typing import Protocol

from catalog.validation.report import Report
from catalog.validation.shapes import Shapes


class Validator(Protocol):
    """Judges graphs by shapes."""

    def validate(self, data: Sequence[bytes], shapes: Shapes) -> Report:
        """Judge the union of some graphs.

        Parameters
        ----------
        data
            Graphs as canonical N-Triples: structure, asserted, curated, and the reference graphs, in any order.
        shapes
            What to judge them by.

        Returns
        -------
        Report
            Bad data makes a report with results, never an error.

        Raises
        ------
        InputError
            A graph is not canonical N-Triples, or a shape cannot be applied.
        """
        ...
