"""A deployment in a folder, for tests of use cases."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from catalog.archive import open_archive
from catalog.graphstore.door import GraphStore
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.rdf.iris import DEFAULT_BASE, Iris
from catalog.services.deployment import initialise
from catalog.services.workspace import Workspace
from catalog.validation.report import Report, Result
from catalog.validation.shapes import Shapes, load_shapes


class AcceptAll:
    """A validator for tests that are not about validation."""

    def validate(self, data: Sequence[bytes], shapes: Shapes) -> Report:
        return Report()


class RefuseAll:
    """A validator that finds one violation in everything."""

    def validate(self, data: Sequence[bytes], shapes: Shapes) -> Report:
        shape, component = "urn:test:shape", "urn:test:component"
        return Report((Result("urn:test:focus", "a", shape, "refused by the test", "violation", component, nodes=1),))


@contextmanager
def open_test_workspace(folder: Path, validator: object | None = None, stores: Sequence[GraphStore] = ()) -> Iterator[Workspace]:
    """Everything that a use case needs, on the embedded store below ``folder`` unless ``stores`` are given."""
    with ExitStack() as stack:
        both = list(stores) or [
            stack.enter_context(EmbeddedGraphStore(folder / "graphs", each)) for each in ("catalog", "public")
        ]
        initialise(both, DEFAULT_BASE)
        yield Workspace(
            catalog=both[0],
            public=both[1],
            archive=open_archive(str(folder / "archive")),
            iris=Iris(DEFAULT_BASE),
            validator=validator or AcceptAll(),  # type: ignore[arg-type]
            shapes=load_shapes(),
        )
