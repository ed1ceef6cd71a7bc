"""How does a list of records travel as an Arrow stream?"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from catalog.bridge.results.extras import need

Kind = Literal["text", "number", "integers", "texts"]


def to_arrow_stream(columns: Mapping[str, Kind], records: Sequence[Mapping[str, Any]], about: Mapping[str, str]) -> bytes:
    """Records as an Arrow IPC stream.

    Parameters
    ----------
    columns
        Name of a column → ``text``, ``number`` (a double), ``integers`` or ``texts`` (a list of them). What a record does not
        have is null.
    about
        What the stream says of itself, as metadata of its schema.

    Raises
    ------
    InputError
        pyarrow is not installed.
    """
    pa = need("pyarrow", "arrow")
    types = {"text": pa.string(), "number": pa.float64(), "integers": pa.list_(pa.uint64()), "texts": pa.list_(pa.string())}
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()], metadata=dict(about))
    table = pa.Table.from_pylist([dict(each) for each in records], schema=schema)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())
