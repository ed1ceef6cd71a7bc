"""By what is a dataset judged, and what do the shapes say of it?

The shapes in use, the profiles of the conventions that it follows, what people curated, and the reference graphs: whatever of
these changes, the dataset has to be judged anew, so they have one digest.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from catalog.graphstore.bindings import Iri
from catalog.graphstore.queries import load_query
from catalog.metadata.dataset import Waiver
from catalog.rdf.mapping import mappings_digest
from catalog.services.workspace import Workspace
from catalog.validation.mapping_shapes import add_mappings
from catalog.validation.report import Report
from catalog.validation.shapes import add_profiles, profiles_digest

MAX_JUDGED_TRIPLES = 100_000
"""Triples of a reference graph that still takes part in validation; every ingest reads it."""


@dataclass(frozen=True)
class Judging:
    """One dataset before the shapes.

    Attributes
    ----------
    workspace
        The doors.
    curated
        What people added, as canonical N-Triples.
    required
        Names of profiles whose violations block.
    waivers
        Shapes that do not block this dataset for a time.
    location
        Where the dataset's store lies; mapping files go by it.
    """

    workspace: Workspace
    curated: bytes
    required: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    location: str = ""

    @cached_property
    def references(self) -> dict[str, str]:
        """Reference graph → digest of what it holds, for those that take part."""
        workspace = self.workspace
        answer = workspace.catalog.select(load_query("references"), {"list": [Iri(workspace.iris.references)]})
        rows = zip(answer.values("graph"), answer.values("digest"), answer.values("triples"), strict=True)
        return {graph: digest or "" for graph, digest, count in rows if graph and int(count or 0) <= MAX_JUDGED_TRIPLES}

    @cached_property
    def in_force(self) -> tuple[Waiver, ...]:
        """The waivers that have not run out."""
        today = datetime.now(UTC).date().isoformat()
        return tuple(waiver for waiver in self.waivers if waiver.until >= today)

    @cached_property
    def digest(self) -> str:
        """sha256 over all that decides the verdict beside the data, 64 hex digits."""
        waived = sorted(repr(waiver) for waiver in self.in_force)
        mapped = mappings_digest(self.workspace.mappings.for_location(self.location))
        texts = (
            self.workspace.shapes.digest,
            profiles_digest(),
            mapped,
            *sorted(self.required),
            *self.references.values(),
            *waived,
        )
        parts = (self.curated, *(text.encode() for text in texts))
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()

    def judge(self, graphs: Sequence[bytes], conventions: Sequence[str]) -> Report:
        """What the shapes say of a dataset's graphs, as canonical N-Triples, together with what people added."""
        workspace = self.workspace
        known = [workspace.catalog.read_graph(graph) for graph in self.references]
        shapes = add_profiles(workspace.shapes, conventions, self.required)
        shapes = add_mappings(shapes, workspace.mappings.for_location(self.location))
        report = workspace.validator.validate([*graphs, self.curated, *known], shapes)
        return replace(report, waived=frozenset(waiver.shape for waiver in self.in_force))
