"""A catalogue in a temporary folder, wired for measuring."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from catalog.archive import open_archive
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.rdf.iris import DEFAULT_BASE, Iris
from catalog.services.deployment import initialise
from catalog.services.workspace import Workspace
from catalog.validation.report import Report
from catalog.validation.shapes import Shapes, load_shapes


class AcceptingValidator:
    """Accepts everything at once: what is measured is the rest of an ingest."""

    def validate(self, data: Sequence[bytes], shapes: Shapes) -> Report:  # noqa: ARG002 - the door's signature
        """An empty report."""
        return Report()


@contextmanager
def open_deployment(folder: Path) -> Iterator[Workspace]:
    """A new catalogue, embedded, below a folder; as ``bootstrap`` wires it, but for the validator."""
    with ExitStack() as stack:
        stores = [stack.enter_context(EmbeddedGraphStore(folder / "graphs", each)) for each in ("catalog", "public")]
        initialise(list(stores), DEFAULT_BASE)
        yield Workspace(
            catalog=stores[0],
            public=stores[1],
            archive=open_archive(str(folder / "archive")),
            iris=Iris(DEFAULT_BASE),
            validator=AcceptingValidator(),
            shapes=load_shapes(),
        )
