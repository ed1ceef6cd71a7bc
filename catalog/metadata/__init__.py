"""The Zarr metadata tree: pure values, no I/O, no RDF.

Which file answers what: ``document`` (what does this JSON text hold, exactly?), ``v2`` and ``v3`` (what do the documents of one
node say?), ``consolidated`` (which documents are inside this one?), ``hierarchy`` (which nodes are there?), and one file per
entity: ``group``, ``array``, ``layout``, ``data_type``, ``chunk_grid``, ``chunk_key``, ``codec``.
"""
