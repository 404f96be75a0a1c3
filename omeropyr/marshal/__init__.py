"""OMERO objects as the JSON that OMERO.web's programs know. PUBLIC for add-ons.

Functions take `conn` (a BlitzGateway) or objects of `omero.model`, and give dicts ready for `json.dumps`.
"""
