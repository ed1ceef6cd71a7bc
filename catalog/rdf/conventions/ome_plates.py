"""What is on a plate: rows, columns, wells, fields of view, acquisitions?

A row or column is named by its name, a well by its path, an acquisition by its number, so that what stands twice shows as one
thing with two places in its list. Source: OME-NGFF 0.3 to 0.6, "plate" and "well" metadata.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from catalog.metadata.document import Json, as_object
from catalog.rdf import literals, terms
from catalog.rdf.conventions.ome_metadata import STRINGS, Metadata
from catalog.rdf.conventions.ome_writer import NAME, OME, Fact, Writer, facts_of, literal, resolve, shown
from catalog.rdf.prefixes import DCT, RDF_TYPE

_PLATE = {"name": NAME, "field_count": terms.FIELD_COUNT}
_ACQUISITION = {
    "id": terms.ACQUISITION_ID,
    "name": NAME,
    "maximumfieldcount": f"{OME}maximum_field_count",
    "description": f"{DCT}description",
}
_TIMES = {"starttime": f"{OME}start_time", "endtime": f"{OME}end_time"}
_PLATE_KEYS = {"version", "rows", "columns", "wells", "acquisitions", *_PLATE}
_WELL_KEYS = {"path", "rowIndex", "columnIndex"}
_LATEST = 253_402_300_799
"""The last second of the year 9999, as far as ``xsd:dateTime`` is sure to go."""
_MILLISECONDS_FROM = 100_000_000_000
"""From here on an epoch counts milliseconds: 1973 that way, the year 5138 otherwise. The specification does not say which it
means; its example (1343731272000 of 2012-07-31) and Bio-Formats count milliseconds, others seconds."""

Names = tuple[dict[str, int], dict[int, str]]
"""Name → place in the list, and back."""


class PlateDescriber:
    """Describes the plates and wells of one hierarchy."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._plate_of: dict[str, str] = {}

    def describe_plate(self, metadata: Metadata) -> None:
        """Write a plate with its rows, columns, acquisitions and wells."""
        writer, stated, pointer = self._writer, metadata.members["plate"], metadata.pointer("plate")
        plate, path = writer.node(metadata.path), metadata.path
        writer.say(plate, RDF_TYPE, f"<{OME}Plate>")
        if not isinstance(stated, dict):
            writer.fault(path, pointer, f"the plate is {shown(stated)}; an object is needed")
            metadata.keep("plate")
            return
        if set(stated) - _PLATE_KEYS or stated.get("version", metadata.stated) != metadata.stated:
            metadata.keep("plate")
        if metadata.stated is not None:
            writer.say(plate, terms.NGFF_VERSION, literal(metadata.stated))
        for predicate, value in facts_of(stated, _PLATE):
            writer.say(plate, predicate, value)
        rows = self._lines(metadata, "rows", ("row", terms.PLATE_ROW, terms.CLASS_PLATE_ROW))
        columns = self._lines(metadata, "columns", ("column", terms.PLATE_COLUMN, terms.CLASS_PLATE_COLUMN))
        for count, predicate in ((len(rows[1]), f"{OME}rows"), (len(columns[1]), f"{OME}columns")):
            writer.say(plate, predicate, literals.integer(count))
        for index, item in enumerate(self._list(metadata, "acquisitions")):
            self._acquisition(metadata, index, item)
        for index, item in enumerate(self._list(metadata, "wells")):
            self._well(metadata, index, item, rows, columns)

    def _list(self, metadata: Metadata, key: str) -> list[Json]:
        """The objects of a list of the plate."""
        value = metadata.members["plate"].get(key, [])
        pointer = f"{metadata.pointer('plate')}/{key}"
        if not isinstance(value, list):
            self._writer.fault(metadata.path, pointer, f"{key} is {shown(value)}; a list of objects is needed")
            metadata.keep("plate")
            return []
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                self._writer.fault(metadata.path, f"{pointer}/{index}", f"the member is {shown(item)}; an object is needed")
                metadata.keep("plate")
        return value

    def _lines(self, metadata: Metadata, key: str, what: tuple[str, str, str]) -> Names:
        """Write rows or columns; gives their names."""
        kind, link, about = what
        writer, names, places = self._writer, dict[str, int](), dict[int, str]()
        for index, item in enumerate(self._list(metadata, key)):
            stated = as_object(item)
            name = stated.get("name")
            if set(stated) - {"name"}:
                metadata.keep("plate")
            part = writer.about.part(metadata.path, kind, name if isinstance(name, str) else f"#{index}")
            writer.say(writer.node(metadata.path), link, part)
            writer.add(part, about, [(terms.LIST_INDEX, literals.integer(index)), *facts_of(stated, {"name": NAME})])
            if isinstance(name, str):
                names.setdefault(name, index)
                places[index] = name
        return names, places

    def _acquisition(self, metadata: Metadata, index: int, item: Json) -> None:
        writer, stated = self._writer, as_object(item)
        if set(stated) - {*_ACQUISITION, *_TIMES}:
            metadata.keep("plate")
        number = stated.get("id")
        name = writer.about.part(metadata.path, "acquisition", str(number) if number is not None else f"#{index}")
        facts = [(terms.LIST_INDEX, literals.integer(index)), *facts_of(stated, _ACQUISITION)]
        facts += [(predicate, _date_time(stated[key])) for key, predicate in _TIMES.items() if key in stated]
        writer.add(name, f"{OME}PlateAcquisition", facts)
        writer.say(writer.node(metadata.path), terms.PLATE_ACQUISITION, name)

    def _well(self, metadata: Metadata, index: int, item: Json, rows: Names, columns: Names) -> None:
        writer, stated = self._writer, as_object(item)
        pointer = f"{metadata.pointer('plate')}/wells/{index}"
        if set(stated) - _WELL_KEYS:
            metadata.keep("plate")
        path = stated.get("path")
        place = resolve(metadata.path, path) if isinstance(path, str) and path.count("/") == 1 else None
        if place is None:
            message = f"the path of the well is {shown(path)}; the name of a row, a slash and the name of a column are needed"
            writer.fault(metadata.path, f"{pointer}/path", message)
            metadata.keep("plate")
            return
        well = writer.node(place)
        self._plate_of[place] = metadata.path
        facts: list[Fact] = [(terms.LIST_INDEX, literals.integer(index)), *self._cell(metadata, stated, pointer, rows, columns)]
        writer.say(writer.node(metadata.path), terms.WELL, well)
        writer.add(well, f"{OME}Well", facts)
        if place not in writer.nodes:
            writer.note(metadata.path, "ome-well-missing", f"the well {shown(path)} is not in the hierarchy", f"{pointer}/path")

    def _cell(self, metadata: Metadata, stated: Mapping[str, Json], pointer: str, rows: Names, columns: Names) -> list[Fact]:
        """Row and column of a well: by its indices, or up to 0.3 by its path."""
        writer, facts = self._writer, list[Fact]()
        names = stated["path"].split("/")
        for name, key, kind, (known, places) in (
            (names[0], "rowIndex", "row", rows),
            (names[1], "columnIndex", "column", columns),
        ):
            index = stated.get(key)
            if metadata.generation == STRINGS and key not in stated:
                index = known.get(name)
            predicates = (terms.ROW_INDEX, terms.ROW) if kind == "row" else (terms.COLUMN_INDEX, terms.COLUMN)
            if index is not None:
                facts.append((predicates[0], literal(index)))
            by_index = places.get(index) if isinstance(index, int) and not isinstance(index, bool) else None
            if by_index is not None:
                facts.append((predicates[1], writer.about.part(metadata.path, kind, by_index)))
            if name != by_index:
                message = f"the well {shown(stated['path'])} and its {key} {shown(index)} do not name the same {kind}"
                if str(metadata.stated).startswith("0.5"):
                    writer.fault(metadata.path, f"{pointer}/{key}", message)
                else:
                    writer.note(metadata.path, "ome-doubt", message, f"{pointer}/{key}")
        return facts

    def describe_well(self, metadata: Metadata) -> None:
        """Write the fields of view of a well."""
        writer, stated, pointer = self._writer, metadata.members["well"], metadata.pointer("well")
        well, path = writer.node(metadata.path), metadata.path
        writer.say(well, RDF_TYPE, f"<{OME}Well>")
        if metadata.stated is not None:
            writer.say(well, terms.NGFF_VERSION, literal(metadata.stated))
        images = as_object(stated).get("images")
        if not isinstance(images, list) or not images:
            writer.fault(
                path, f"{pointer}/images", f"the images are {shown(images)}; a list with one field of view or more is needed"
            )
            metadata.keep("well")
            return
        if set(stated) - {"images", "version"} or stated.get("version", metadata.stated) != metadata.stated:
            metadata.keep("well")
        plate = self._plate_of.get(path, path.rpartition("/")[0].rpartition("/")[0])
        for index, item in enumerate(images):
            self._field(metadata, plate, index, item)

    def _field(self, metadata: Metadata, plate: str, index: int, item: Json) -> None:
        writer, stated = self._writer, as_object(item)
        pointer = f"{metadata.pointer('well')}/images/{index}"
        if set(stated) - {"path", "acquisition"}:
            metadata.keep("well")
        path = stated.get("path")
        fault = _fault_of_field(path)
        place = resolve(metadata.path, path) if isinstance(path, str) else None
        if fault or place is None:
            writer.fault(metadata.path, f"{pointer}/path", f"the path of the field is {shown(path)}; {fault}")
            metadata.keep("well")
            return
        field = writer.node(place)
        facts: list[Fact] = [(terms.FIELD_INDEX, literals.integer(index))]
        if "acquisition" in stated:
            number = stated["acquisition"]
            whole = isinstance(number, int) and not isinstance(number, bool)
            facts.append((terms.ACQUISITION, writer.about.part(plate, "acquisition", str(number)) if whole else literal(number)))
        writer.add(field, f"{OME}WellSample", facts)
        writer.say(writer.node(metadata.path), terms.FIELD, field)
        if place not in writer.nodes:
            writer.note(metadata.path, "ome-field-missing", f"the field {shown(path)} is not in the hierarchy", f"{pointer}/path")


def _fault_of_field(path: Json) -> str | None:
    """What is wrong with the name of a field of view. Source: OME-NGFF 0.6, "well" metadata; earlier ones allow less."""
    if not isinstance(path, str) or not path:
        return "a name is needed"
    plain = all(character.isascii() and (character.isalnum() or character in "-_.") for character in path)
    if plain and path.strip(".") and not path.startswith("__"):
        return None
    return "letters, digits, -, _ and . are allowed, not only periods, and not __ at the beginning"


def _date_time(epoch: Json) -> str:
    """Seconds or milliseconds since 1970 as a date and time; what is none, as it stands."""
    if not isinstance(epoch, int) or isinstance(epoch, bool) or not 0 <= epoch <= 1000 * _LATEST:
        return literal(epoch)
    seconds = epoch if epoch < _MILLISECONDS_FROM else epoch // 1000
    return literals.date_time(datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
