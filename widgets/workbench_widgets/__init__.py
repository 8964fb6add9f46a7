"""Interactive views of what the workbench records, as notebook widgets."""
