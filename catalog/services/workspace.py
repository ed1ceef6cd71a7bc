"""What does a use case need at hand?"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.archive import Archive
from catalog.graphstore.door import GraphStore
from catalog.metadata.document import DEFAULT_LIMITS, DocumentLimits, Json
from catalog.rdf.iris import Iris
from catalog.services.budget import DEFAULT_SUPPLEMENT_LIMITS, SupplementLimits
from catalog.services.mappings import Mappings
from catalog.stores.credentials import Credentials
from catalog.stores.gate import ANYWHERE, Outgoing
from catalog.validation.door import Validator
from catalog.validation.shapes import Shapes


@dataclass(frozen=True)
class Workspace:
    """The doors of one deployment, opened; built by ``bootstrap``.

    Attributes
    ----------
    catalog, public
        The graph stores of the two audiences: everything, and what anonymous users may see.
    archive
        Where documents, graphs and reports are kept.
    iris
        Mints the deployment's IRIs.
    validator, shapes
        What judges a description, and by which shapes.
    credentials
        By URL prefix.
    limits
        Bounds on what is read of a store's metadata.
    contexts
        JSON-LD contexts by URL, beside the built-in set; None where there are no others.
    mappings
        What laboratories mean by their own attribute keys.
    outgoing
        What may be reached.
    supplements
        Bounds on what is read beside metadata.
    """

    catalog: GraphStore
    public: GraphStore
    archive: Archive
    iris: Iris
    validator: Validator
    shapes: Shapes
    credentials: Credentials = field(default_factory=Credentials)
    limits: DocumentLimits = DEFAULT_LIMITS
    contexts: Mapping[str, Json] | None = None
    mappings: Mappings = field(default_factory=Mappings)
    outgoing: Outgoing = ANYWHERE
    supplements: SupplementLimits = DEFAULT_SUPPLEMENT_LIMITS
