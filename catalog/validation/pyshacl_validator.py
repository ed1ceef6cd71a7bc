"""The door's implementation with pySHACL."""

from collections.abc import Sequence

from catalog.validation.report import Report
from catalog.validation.shapes import Shapes


class PyShaclValidator:
    """Validates with pySHACL; the last few sets of shapes stay ready."""

    def validate(self, data: Sequence[bytes], shapes: Shapes) -> Report:
        """Judge the union of some graphs; see ``door.Validator``."""
        from catalog.validation.judge import judge  # noqa: PLC0415  half a second, which an ingest that finds nothing new saves

        return judge(data, shapes)
