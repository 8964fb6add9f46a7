"""The imperative style: arrays whose operations run when they are read."""
