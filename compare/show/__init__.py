"""Words, units, tables and style: how everything is shown."""
