"""From a source file to a published version: read, map, validate, derive, publish."""
