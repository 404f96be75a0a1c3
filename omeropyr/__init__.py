"""omeropyr: OMERO.web anew, on Pyramid."""
