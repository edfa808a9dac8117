"""The sources: each module here is one, and its name is the source's name."""
