"""OMERO.tables: columns as numpy arrays, one SQLite file for each table, and the conditions that search them."""
