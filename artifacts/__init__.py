"""The doors: one module per artefact, each with both ends of one format."""
