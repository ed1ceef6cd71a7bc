"""What can a person with Python at hand ask of a catalogue?"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from catalog.client.arrays import ArrayQuery
from catalog.client.datasets import DatasetQuery
from catalog.client.html import facts_html, text_html
from catalog.client.parts import PartItem, find_parts
from catalog.client.search import search
from catalog.client.session import Session
from catalog.client.table import Table, table_from_json
from catalog.errors import InputError
from catalog.services.asking.lookup_table import ARRAY, DATASET
from catalog.services.asking.question import Question
from catalog.settings import load_settings

if TYPE_CHECKING:
    from catalog.metadata.read_record import ReadRecord
    from catalog.services.outcome import IngestResult
    from catalog.services.replay import Replay


class Catalog:
    """A catalogue; `connect` makes one. Can be used in ``with``.

    Parameters
    ----------
    session
        How it is reached.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Ask nothing any more; calling it again does nothing."""
        self._session.close()

    def arrays(self, **lookups: Any) -> ArrayQuery:
        """The arrays that meet all of these lookups; nothing is asked yet.

        Raises
        ------
        InputError
            A lookup is unknown (the message has the nearest ones), or its value does not go with it.
        """
        return ArrayQuery(self._session, Question(ARRAY)).filter(**lookups)

    def datasets(self, **lookups: Any) -> DatasetQuery:
        """The datasets that meet all of these lookups; nothing is asked yet. Errors as `arrays`."""
        return DatasetQuery(self._session, Question(DATASET)).filter(**lookups)

    def sparql(self, query: str, *, timeout: float | None = None) -> Table | str:
        """The answer of a SPARQL query: a table for SELECT and ASK, Turtle for CONSTRUCT and DESCRIBE.

        Parameters
        ----------
        query
            Our prefixes need no declaration; nothing can be changed by it.
        timeout
            Seconds after which it is given up; None: as the settings have it.

        Raises
        ------
        InputError, ForbiddenError, LimitExceededError
            It cannot be asked, or takes too long.
        GraphStoreUnavailableError
            The graph store does not answer.
        """
        from catalog.services.query import preferred_format

        tabular = preferred_format(query) == "table"
        limit = self._session.settings.query_timeout_s if timeout is None else timeout
        with self._session.asking() as (store, _):
            body = store.query(query, "json" if tabular else "turtle", timeout=limit).body
        return table_from_json(body) if tabular else body.decode()

    def parts(
        self, query: str, *, column: str | None = None, select: str = "", level: str = "", timeout: float | None = None
    ) -> list[PartItem]:
        """The parts of arrays that the answer of a SELECT means, one for each array of each solution; nothing is read yet.

        Parameters
        ----------
        query
            A column leads to arrays: their IRIs, or any URI in the metadata; others may say which part: ``?time_start``,
            ``?x_at``, ``?channel``, ``?level``, ``?roi``, ``?select`` …
        column
            The column that leads to arrays; None: the first that does.
        select
            What else is wanted of every array, as text.
        level
            Which level of images, as text: ``1``, ``x=0.5,y=0.5``, ``64MiB``; a solution's own counts more.
        timeout
            As for `sparql`.

        Raises
        ------
        InputError
            The query, or a part that an array does not have; the message names the solution.
        NotFoundError
            The column leads to no array.
        CatalogError
            The graph store did not answer, or a coordinate could not be read.

        Warns
        -----
        UserWarning
            Some solutions lead to no array.
        """
        return find_parts(self._session, query, column, select, level, timeout)

    def search(self, text: str, limit: int = 50) -> Table:
        """Datasets, groups and arrays that words speak of, best first: by names, titles, keywords, attributes, described things.

        Parameters
        ----------
        text
            Plain words, all of which must be there; ``"side by side"``; ``begin*``. Case and marks on letters do not count.
        limit
            Most rows, 1 to 1,000.

        Raises
        ------
        InputError
            The text is empty or too long, or the limit out of range.
        """
        return search(self._session, text, limit)

    def ingest(self, url: str | Path, *, progress: Callable[[str], None] = lambda _: None, **wanted: Any) -> "IngestResult":
        """Take a Zarr store in: describe it as linked data, judge it, and put it in force.

        Parameters
        ----------
        url
            Where the store lies.
        progress
            Told what is being done.
        wanted
            As `catalog.services.request.IngestRequest` has it: ``dataset_id``, ``access``, ``dry_run``, ``store`` …

        Raises
        ------
        InputError, ForbiddenError, NotFoundError, ConflictError, LimitExceededError, MetadataError, UnavailableError
            Nothing was written.
        """
        from catalog.services.ingest import ingest
        from catalog.services.request import IngestRequest

        unknown = sorted(set(wanted) - set(IngestRequest.__slots__))
        if unknown:
            raise InputError(f"ingest has no option {unknown[0]!r}; allowed are {', '.join(sorted(IngestRequest.__slots__))}")
        wanted.setdefault("freshness", self._session.settings.freshness)
        with self._session.writing() as workspace:
            return ingest(workspace, IngestRequest(str(url), **wanted), progress)

    def replay(self, record: "ReadRecord | str | Path") -> "Replay":
        """Read again what a record describes: the same values come back, or an error says what changed.

        Parameters
        ----------
        record
            As `Result.record` gives it, or a file or web address that holds one.

        Returns
        -------
        Replay
            ``values`` of the one part, or those of each of ``parts``; ``notes`` of what is otherwise, and does not matter.

        Raises
        ------
        NotFoundError
            A dataset is not in the catalogue any more, or its store is gone.
        StaleSnapshotError, ValuesChangedError
            An array changed, or its values; the message has the difference.
        InputError
            It is no record.
        CatalogError
            As `ArrayItem.compute`.
        """
        from catalog.metadata.read_record import ReadRecord
        from catalog.services.replay import load_record, replay

        how = self._session.reading()
        recorded = record if isinstance(record, ReadRecord) else load_record(record, how.access)
        with self._session.asking() as (store, iris):
            return replay(store, iris, recorded, limits=how.limits, access=how.access)

    def _repr_html_(self) -> str:
        place = text_html(f"{self._session.settings.graph_store_kind}: {self._session.settings.graph_store_place}")
        counts = [(name, text_html(query.count())) for name, query in (("datasets", self.datasets()), ("arrays", self.arrays()))]
        return facts_html("Catalogue", [("graph store", place), *counts])

    def __repr__(self) -> str:
        """Where it is."""
        return f"<Catalog {self._session.settings.graph_store_kind}: {self._session.settings.graph_store_place}>"


def connect(
    place: str | Path | None = None,
    *,
    audience: str = "catalog",
    prefixes: Mapping[str, str] | None = None,
    store: Any = None,
    check: Literal["always", "never"] | float = "always",
    **settings: Any,
) -> Catalog:
    """A catalogue to ask; nothing is opened yet.

    Parameters
    ----------
    place
        ``embedded:FOLDER`` or ``fuseki:URL``, a folder, or the URL of a Fuseki dataset; None: as the environment has it
        (``CATALOG_GRAPH_STORE``), else the user's own catalogue.
    audience
        ``catalog``: everything; ``public``: what anonymous users may see.
    prefixes
        Prefix → namespace, for `Query.where`.
    store
        What Zarr stores are read through, in place of what their locations name, as `IngestRequest` has it.
    check
        When a store is asked whether an array is still what was catalogued: before each read; never; or where the last look at
        the array is longer ago than so many seconds.
    settings
        Any setting of `catalog.settings.Settings`, such as ``mappings`` or ``credentials``.

    Raises
    ------
    InputError
        A place or setting that is not allowed.
    """
    if audience not in {"catalog", "public"}:
        raise InputError(f"audience is {audience!r}; catalog or public is allowed")
    if check not in {"always", "never"} and (isinstance(check, bool | str) or not check >= 0):
        raise InputError(f"check is {check!r}; always, never, or a number of seconds is allowed")
    given = {"graph_store": _place(place), **settings} if place is not None else dict(settings)
    made = load_settings(**given)
    unknown = sorted(set(given) - set(type(made).model_fields))
    if unknown:
        raise InputError(f"there is no setting {unknown[0]!r}; allowed are {', '.join(sorted(type(made).model_fields))}")
    return Catalog(Session(made, audience, store, dict(prefixes or {}), check))


def _place(place: str | Path) -> str:
    text = str(place)
    if text.startswith(("embedded:", "fuseki:")):
        return text
    return f"fuseki:{text}" if text.startswith(("http://", "https://")) else f"embedded:{text}"
