"""Zarr stores: from a URL to metadata documents, and from an array's metadata to its values.

Which file answers what: ``url`` (which store does this text name?), ``policy`` (what is allowed, and how much?),
``credentials`` (who are we for this URL?), ``source`` (how are documents read?), ``local``, ``remote``, ``http``, ``s3`` and
``injected`` (how does one kind of store answer?), ``container`` (what holds a store that is no folder?), ``zip_objects``,
``references`` and ``icechunk`` (how does such a thing answer?), ``documents`` (which documents describe the hierarchy?),
``arrays`` (which values has this array?).
"""
