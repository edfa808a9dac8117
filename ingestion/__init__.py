"""Land a source's rows, a month at a time, each with the moment it became known."""
