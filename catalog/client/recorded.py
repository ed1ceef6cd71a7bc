"""Where do values come from, and how are they kept? Values of one read, with what is known of that read.

A record is of values that are here: it names the state of each array, the part of it, and the digest of what was read. Whoever
computes first and asks for a record later, has a record of another read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.client.results import to_frame, warn_of_packed
from catalog.client.session import Session
from catalog.errors import InputError
from catalog.services.write import FILE_ENDINGS, check_kind

if TYPE_CHECKING:
    import pyarrow
    import xarray

    from catalog.graphstore.door import GraphStore
    from catalog.metadata.dataset import Access
    from catalog.metadata.read_record import ReadRecord
    from catalog.rdf.iris import Iris
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
    checked
        Whether the stores were asked if the arrays are still what was catalogued.
    """

    def __init__(
        self, session: Session, readings: "Sequence[Reading]", started: str, query: str, *, checked: bool = True
    ) -> None:
        self._session, self._readings, self._started, self._query = session, tuple(readings), started, query
        self._checked = checked and session.check != "never"

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
        return self._only().values

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
        from catalog.services.provenance import check_record_path, write_record

        if path is not None:
            check_record_path(Path(path))
        with self._session.asking() as (store, iris):
            record = self._record(store, iris, agent)
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
        """Write the values as a new Zarr store, with coordinates and the attributes that still hold; or as a file.

        Parameters
        ----------
        url
            A folder that does not exist yet, or a URL that can be written. A path that ends in ``.npy``, ``.npz``, ``.nc``,
            ``.csv``, ``.parquet`` or ``.png`` is a file, for the values of one array.
        register
            Take the store into the catalogue; its dataset says what it was made of.
        dataset_id, access
            With ``register``: the id of the new dataset, and who may learn of it.
        agent
            Who reads.

        Raises
        ------
        InputError, ForbiddenError
            The place, or this audience, which may not write; or values that such a file cannot hold.
        ConflictError, NonConformantError, UnavailableError
            As `catalog.services.derive.save_store`; neither store nor dataset is left.
        """
        from catalog.services.derive import Result as Made
        from catalog.services.derive import save_store

        if not register and (dataset_id or access):
            raise InputError("dataset_id and access are of a dataset: give register=True, too")
        check_kind(str(url))
        if Path(str(url)).suffix in FILE_ENDINGS and "://" not in str(url):
            if register:
                raise InputError(f"a store can be catalogued, and {str(url)!r} is a file: save to OUT.zarr")
            return self._save_file(Path(url), agent)
        how = self._session.reading()
        if not self._checked:
            how = replace(how, check="never")  # or else its record would say that the store was asked
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
                how=how,
                started=self._started,
            )

    def _save_file(self, path: Path, agent: str) -> "Saved":
        from catalog.services.derive import Saved
        from catalog.services.write import check_file, write_reading

        reading = self._only()
        check_file(path, points=reading.points)
        with self._session.asking() as (store, iris):
            record = self._record(store, iris, agent)
            said = write_reading(store, iris, reading, path, self._session.reading(), self._columns())
        return Saved(str(path), record, None, (said,) if said else ())

    def _record(self, store: "GraphStore", iris: "Iris", agent: str) -> "ReadRecord":
        from catalog.services.provenance import record_reads

        return record_reads(
            store, iris, self._readings, query=self._query, agent=agent, started=self._started, checked=self._checked
        )

    def _only(self) -> "Reading":
        if len(self._readings) != 1:
            raise InputError(
                f"{len(self._readings)} arrays were read: their values are in `arrays`, and save('OUT.zarr') writes all of them;"
                " anything else is of one array"
            )
        return self._readings[0]

    def _columns(self) -> "Mapping[str, Any] | None":
        """Of values at points: the points as they were given."""
        return None

    def to_xarray(self, *, decode: bool = True) -> "xarray.DataArray":
        """The values, where one array was read, with its coordinates, which are read now, and the attributes that hold for them.

        Parameters
        ----------
        decode
            Let xarray apply what CF says of the values. Records and replays are of values as they are stored.

        Raises
        ------
        InputError
            There are several arrays, or none, or xarray is not installed.
        CatalogError
            As `ArrayItem.compute`, of a coordinate.
        """
        from catalog.bridge.results.held import to_xarray
        from catalog.services.write import hold_reading

        reading = self._only()
        if reading.reductions:
            warn_of_packed(self._session, reading.ref)
        with self._session.asking() as (store, iris):
            held = hold_reading(store, iris, reading, self._session.reading(), self._columns())
        return to_xarray(held, decode=decode)

    def to_pandas(self) -> Any:
        """The values as a frame, one row for each element, labelled by its coordinates; errors as `to_xarray`."""
        return to_frame(self.to_xarray())

    def to_arrow(self) -> "pyarrow.Table":
        """The values as an Arrow table: of one dimension with their coordinate, of two a column for each element of the second.

        Raises
        ------
        InputError
            There are several arrays, or none; they have another number of dimensions; or pyarrow is not installed.
        CatalogError
            As `ArrayItem.compute`, of a coordinate.
        """
        from catalog.bridge.results.columns import to_arrow
        from catalog.services.write import hold_reading

        reading = self._only()
        with self._session.asking() as (store, iris):
            beside = reading.values.ndim == 1
            held = hold_reading(store, iris, reading, self._session.reading(), self._columns(), beside=beside)
        return to_arrow(held.columns())

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


def computed(values: Any, dims: Sequence[str], shape: Sequence[int], left: Sequence[str]) -> Any:
    """Values that somebody else computed of a part, if they have its shape.

    Parameters
    ----------
    dims, shape
        Axes of the part, and elements along each.
    left
        The axes that reductions leave.

    Raises
    ------
    InputError
        They have another shape.
    """
    import numpy as np

    array = np.asarray(values)
    expected = tuple(size for name, size in zip(dims, shape, strict=True) if name in left)
    if array.shape != expected:
        raise InputError(
            f"the values have the shape {array.shape}, and {expected} was wanted: give what this item's to_dask computed"
        )
    return array
