"""Which tables are there about an image, a well or a plate, and which regions do they list?

Types and backends are ngio's. Of a table of regions each row becomes a region, in micrometres and seconds, as far as the rows
could be read: CSV and AnnData beside the metadata, JSON from the attributes; Parquet is not read.
Source: ngio, "Table specifications" (``roi_table``, ``masking_roi_table``, ``feature_table``, ``condition_table``,
``generic_table``; backends ``anndata``, ``csv``, ``json``, ``parquet``).
"""

from collections.abc import Mapping

from catalog.metadata.document import as_object
from catalog.metadata.group import Group
from catalog.metadata.hierarchy import Hierarchy
from catalog.metadata.node_parser import Node
from catalog.rdf import literals, terms
from catalog.rdf.convention import Given, Wanted
from catalog.rdf.conventions.ome_metadata import Metadata
from catalog.rdf.conventions.ome_rows import Rows, rows_of_anndata, rows_of_csv, rows_of_json
from catalog.rdf.conventions.ome_writer import NAME, Fact, Writer, double, facts_of, literal, resolve, shown

MAX_TABLES_READ = 64
"""Tables in files that are read for their columns and regions."""
MAX_ANNDATA_READ = 12
"""The same for tables that are arrays: each takes up to four reads."""
MAX_REGIONS = 1000
"""Regions of one table that the graph holds."""
REGION_TYPES = ("roi_table", "masking_roi_table", "generic_roi_table")
DEFAULT_TYPE = "generic_table"
"""What ngio takes a table for that states no type; it writes generic tables so."""
_FACTS = {
    "type": terms.TABLE_TYPE,
    "table_version": terms.TABLE_VERSION,
    "backend": terms.BACKEND,
    "index_key": terms.INDEX_KEY,
    "index_type": terms.INDEX_TYPE,
    "instance_key": terms.INSTANCE_KEY,
}
_REGION_FACTS = {
    "x_micrometer": terms.X_START, "y_micrometer": terms.Y_START, "z_micrometer": terms.Z_START, "t_second": terms.T_START,
    "len_x_micrometer": terms.X_LENGTH, "len_y_micrometer": terms.Y_LENGTH, "len_z_micrometer": terms.Z_LENGTH,
    "len_t_second": terms.T_LENGTH,
}  # fmt: skip


def wanted_of_tables(hierarchy: Hierarchy) -> Wanted:
    """The files and arrays that tell columns and regions, within a budget."""
    files: list[str] = []
    arrays: list[str] = []
    known = {group.path: group for group in hierarchy.groups}
    for holder in hierarchy.groups:
        listed = holder.attributes.get("tables")
        for name in listed if isinstance(listed, list) else ():
            table = known.get(f"{holder.path}/{name}".lstrip("/")) if isinstance(name, str) else None
            if table is None:
                continue
            backend = _backend(table)
            if "csv" in backend and len(files) < MAX_TABLES_READ:
                files.append(f"{table.path}/table.csv")
            elif "anndata" in backend and table.attributes.get("type") in REGION_TYPES and len(arrays) < 4 * MAX_ANNDATA_READ:
                arrays += _anndata_arrays(table.path, known)
    return Wanted(files=tuple(files), whole=tuple(arrays))


def _backend(table: Group) -> str:
    return str(table.attributes.get("backend", "anndata"))


def _anndata_arrays(path: str, known: dict[str, Group]) -> list[str]:
    """Values, names of columns, names of rows, label values."""
    names = [_index_array(known, f"{path}/{part}") for part in ("var", "obs")]
    return [f"{path}/X", *names, _column_array(known, f"{path}/obs/label")]


def _index_array(known: Mapping[str, Node], path: str) -> str:
    index = known[path].attributes.get("_index") if path in known else None
    return _column_array(known, f"{path}/{index if isinstance(index, str) else '_index'}")


def _column_array(known: Mapping[str, Node], path: str) -> str:
    """The array with a column's elements: from AnnData 0.12 on, texts are a group of ``values`` and their ``mask``."""
    return f"{path}/values" if isinstance(known.get(path), Group) else path


def describe_tables(writer: Writer, metadata: Metadata, given: Given) -> None:
    """Write the tables that a group lists."""
    stated, pointer = metadata.members["tables"], metadata.pointer("tables")
    if not isinstance(stated, list) or not all(isinstance(item, str) for item in stated):
        metadata.keep("tables")
        return
    owner = metadata.path.rpartition("/")[0] if metadata.path.rpartition("/")[2] == "tables" else metadata.path
    for index, item in enumerate(stated):
        path = resolve(metadata.path, item)
        table = writer.nodes.get(path) if path is not None else None
        if not isinstance(table, Group):
            writer.note(
                metadata.path, "ome-table-missing", f"the table {shown(item)} is not in the hierarchy", f"{pointer}/{index}"
            )
            metadata.keep("tables")
            continue
        writer.say(writer.node(owner), terms.TABLE, writer.node(table.path))
        _describe_table(writer, table, owner, given)


def _describe_table(writer: Writer, table: Group, owner: str, given: Given) -> None:
    name, attributes = writer.node(table.path), table.attributes
    facts: list[Fact] = facts_of({"type": DEFAULT_TYPE, **attributes}, _FACTS)
    expressed = set(_FACTS) & set(attributes)
    region = as_object(attributes.get("region")).get("path")
    if isinstance(region, str):
        # Writers count from the group of all tables, though some from the table itself.
        bases = (table.path.rpartition("/")[0], table.path)
        target = next((path for base in bases if (path := resolve(base, region)) in writer.images), None)
        if target is not None:
            facts.append((terms.REGION, writer.node(target)))
            if set(as_object(attributes["region"])) == {"path"}:
                expressed.add("region")
        else:
            writer.note(table.path, "ome-region-missing", f"the region {shown(region)} is not in the hierarchy")
    rows = _read_rows(writer, table, given)
    if rows is not None:
        facts += [(terms.COLUMN_NAME, literals.string(column)) for column in rows.columns]
        facts.append((terms.ROW_COUNT, literals.integer(rows.count)))
    writer.add(name, terms.CLASS_TABLE, facts)
    writer.findings.consume(table.path, expressed)
    if rows is not None and attributes.get("type") in REGION_TYPES:
        _regions(writer, table, owner, rows)


def _read_rows(writer: Writer, table: Group, given: Given) -> Rows | None:
    """The rows, as far as they could be read; None where they could not."""
    backend, path = _backend(table), table.path
    try:
        if "csv" in backend and f"{path}/table.csv" in given.files:
            return rows_of_csv(given.files[f"{path}/table.csv"], MAX_REGIONS)
        if "json" in backend and isinstance(writer.nodes.get(f"{path}/table"), Group):
            return rows_of_json(writer.nodes[f"{path}/table"].attributes, MAX_REGIONS)
        if "anndata" in backend and f"{path}/X" in given.values:
            names = [given.values.get(_index_array(writer.nodes, f"{path}/{part}")) for part in ("var", "obs")]
            labels = given.values.get(_column_array(writer.nodes, f"{path}/obs/label"))
            return rows_of_anndata(given.values[f"{path}/X"], names[0], names[1], labels)
    except ValueError as error:
        writer.note(path, "ome-table-not-read", f"the table was not read: {error}")
        return None
    if table.attributes.get("type") in REGION_TYPES:
        message = f"the regions of tables with the backend {shown(backend)} were not read, so the graph does not hold them"
        writer.note(path, "ome-loss", message, severity="info")
    return None


def _regions(writer: Writer, table: Group, owner: str, rows: Rows) -> None:
    index_key = str(table.attributes.get("index_key", "FieldIndex"))
    if rows.count > MAX_REGIONS:
        message = f"the graph holds the first {MAX_REGIONS} of {rows.count} regions"
        writer.note(table.path, "ome-loss", message, severity="info")
    for number, row in enumerate(rows.rows[:MAX_REGIONS]):
        label = row.get(index_key, row.get("label", str(number)))
        facts: list[Fact] = [(NAME, literals.string(str(label))), (terms.REGION_OF, writer.node(owner))]
        if table.attributes.get("type") == "masking_roi_table" and label is not None:
            facts.append((terms.LABEL_VALUE, _whole(label)))
        facts += [(predicate, double(row[key])) for key, predicate in _REGION_FACTS.items() if row.get(key) is not None]
        name = writer.about.part(table.path, "roi", str(number))
        writer.say(writer.node(table.path), terms.ROI, writer.add(name, terms.CLASS_REGION_OF_INTEREST, facts))


def _whole(value: object) -> str:
    """A label value; CSV and AnnData have whole numbers as texts and floats."""
    try:
        number = float(str(value))
        return literals.integer(int(number)) if number.is_integer() else literals.double(number)
    except (ValueError, OverflowError):
        return literal(value)
