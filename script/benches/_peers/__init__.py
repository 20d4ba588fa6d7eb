"""The engines of other systems, deciding over the same rules. Each module runs in a virtual environment of its own kind."""
