"""What can the values of arrays become?

Which file answers what: ``attributes`` (which attributes had the array?), ``described`` (which coordinates, units and attributes
go with its values?), ``labelled`` (how do they become xarray's objects?), ``lazy`` (how are they read chunk by chunk, when and
where they are needed?), ``columns`` (how do they become tables?), ``files`` (how do they become files?), ``picture`` (how do they
become an image?). xarray, dask, pandas and pyarrow are extras, imported when they are first needed.
"""
