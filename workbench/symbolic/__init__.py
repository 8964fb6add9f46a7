"""The symbolic style: a network as a value, before any data."""
