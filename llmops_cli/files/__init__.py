"""Reading and writing files: strict YAML with places, canonical JSON, atomic writes."""
