"""Files into images: names into groups, metadata into objects, all or nothing."""
