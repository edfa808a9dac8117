"""The story of one DAG run: what its tasks left behind, told in one sentence, on a page and in a message."""
