"""Where do values come from, and how are they kept? Values of one read, with what is known of that read.

A record is of values that are here: it names the state of each array, the part of it, and the digest of what was read. Whoever
computes first and asks for a record later, has a record of another read.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.client.session import Session
from catalog.errors import InputError

if TYPE_CHECKING:
    from catalog.metadata.dataset import Access
    from catalog.metadata.read_record import ReadRecord
    from catalog.services.asking.question import Question
    from catalog.services.derive import Saved
    from catalog.services.provenance import Reading


class Result:
    """Values of one read; `ArrayItem.result` and `ArrayQuery.result` give them.

    Parameters
    ----------
    session
        How the catalogue is reached.
    readings
        What was read, in order.
    started
        When it began.
    query
        Text of the query that found the arrays.
    """

    def __init__(self, session: Session, readings: "Sequence[Reading]", started: str, query: str) -> None:
        self._session, self._readings, self._started, self._query = session, tuple(readings), started, query

    @property
    def arrays(self) -> list[Any]:
        """The values of each array, in order."""
        return [each.values for each in self._readings]

    @property
    def values(self) -> Any:
        """The values, where one array was read.

        Raises
        ------
        InputError
            There are several, or none.
        """
        if len(self._readings) != 1:
            raise InputError(f"{len(self._readings)} arrays were read: their values are in arrays")
        return self._readings[0].values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """The values, where NumPy wants an array."""
        import numpy as np

        return np.array(self.values, dtype=dtype, copy=copy)

    def record(self, path: str | Path | None = None, *, agent: str = "") -> "ReadRecord":
        """Where the values come from: query, snapshots, selections, reductions, software, digests; for `Catalog.replay`.

        Parameters
        ----------
        path
            Write it to a file, too: ``.jsonld``, ``.ttl`` or ``.nt``.
        agent
            Who reads: an IRI, or a name.

        Raises
        ------
        InputError
            Nothing was read, or the path or the agent is none.
        ConflictError
            An array was catalogued anew since it was read.
        LimitExceededError
            A selection picks more single positions than a record can name.
        """
        from catalog.services.provenance import check_record_path, record_reads, write_record

        if path is not None:
            check_record_path(Path(path))
        with self._session.asking() as (store, iris):
            record = record_reads(store, iris, self._readings, query=self._query, agent=agent, started=self._started)
        if path is not None:
            write_record(record, Path(path))
        return record

    def save(
        self,
        url: str | Path,
        *,
        register: bool = False,
        dataset_id: str | None = None,
        access: "Access | None" = None,
        agent: str = "",
    ) -> "Saved":
        """Write the values as a new Zarr store, with coordinates and the attributes that still hold.

        Parameters
        ----------
        url
            A folder that does not exist yet, or a URL that can be written.
        register
            Take the store into the catalogue; its dataset says what it was made of.
        dataset_id, access
            With ``register``: the id of the new dataset, and who may learn of it.
        agent
            Who reads.

        Raises
        ------
        InputError, ForbiddenError
            The place, or this audience, which may not write.
        ConflictError, NonConformantError, UnavailableError
            As `catalog.services.derive.save_store`; neither store nor dataset is left.
        """
        from catalog.services.derive import Result as Made
        from catalog.services.derive import save_store

        if not register and (dataset_id or access):
            raise InputError("dataset_id and access are of a dataset: give register=True, too")
        with self._session.writing(writable=register) as workspace:
            return save_store(
                workspace,
                str(url),
                [Made(each.values, (each,)) for each in self._readings],
                register=register,
                dataset_id=dataset_id,
                access=access,
                query=self._query,
                agent=agent,
                how=self._session.reading(),
                started=self._started,
            )

    def __repr__(self) -> str:
        """Shape and data type of each array."""
        shown = ", ".join(f"{each.ref.path or '/'} {each.values.dtype} {each.values.shape}" for each in self._readings[:5])
        return f"<Result of {len(self._readings)}: {shown}{', …' * (len(self._readings) > 5)}>"


def query_text(question: "Question | None") -> str:
    """The query as text that can be asked again; ``""`` where there is none, or where more was reckoned than it says."""
    if question is None or question.computed:
        return ""
    from catalog.graphstore.queries import bind

    return bind(*question.to_select())
