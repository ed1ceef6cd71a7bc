"""What stands behind the door where an audience is not kept at all?

An existing Fuseki may offer one dataset only. Then there is no place for what anonymous users may see: nothing is written for
them, and asking in their name says so.
"""

from collections.abc import Mapping, Sequence
from typing import NoReturn

from catalog.errors import GraphStoreUnavailableError
from catalog.graphstore.bindings import Bindings, Term
from catalog.graphstore.door import Answer, Check, GraphUpdate, StoreCheck, TextHit


class _Nothing(Bindings):
    """No solutions, whatever the columns."""

    def values(self, column: str) -> list[str | None]:  # noqa: ARG002
        """Nothing."""
        return []


class AbsentGraphStore:
    """An audience that this deployment does not keep.

    Parameters
    ----------
    audience
        Its name.
    remedy
        What to do to have it.
    """

    def __init__(self, audience: str, remedy: str) -> None:
        self.audience = audience
        self._remedy = remedy

    def apply(self, updates: Sequence[GraphUpdate]) -> None:
        """Write nothing."""

    def query(self, text: str, format: str = "json", *, timeout: float | None = None) -> Answer:  # noqa: A002, ARG002
        """Say that the audience is not kept."""
        self._refuse()

    def select(
        self,
        text: str,  # noqa: ARG002
        values: Mapping[str, Sequence[Term]] | None = None,  # noqa: ARG002
        *,
        timeout: float | None = None,  # noqa: ARG002
        brief: bool = False,  # noqa: ARG002
    ) -> Bindings:
        """No solutions: there is nothing."""
        return _Nothing((), ())

    def ask(self, text: str, values: Mapping[str, Sequence[Term]] | None = None) -> bool:  # noqa: ARG002
        """No: there is nothing."""
        return False

    def find_text(self, words: str, *, limit: int = 20, timeout: float | None = None) -> Sequence[TextHit]:  # noqa: ARG002
        """No hits: there is nothing."""
        return ()

    def read_graph(self, graph: str) -> bytes:  # noqa: ARG002
        """Nothing."""
        return b""

    def check(self) -> StoreCheck:
        """Say that the audience is not kept, and what to do."""
        return StoreCheck("absent", "no place", (Check("kept", "warn", f"this audience is not kept: {self._remedy}"),))

    def close(self) -> None:
        """Do nothing."""

    def _refuse(self) -> NoReturn:
        raise GraphStoreUnavailableError(f"the audience {self.audience!r} is not kept here: {self._remedy}")
