"""HQL, the query language of OMERO: text -> tree (``parse``) -> SQLAlchemy select (``translate``)."""
