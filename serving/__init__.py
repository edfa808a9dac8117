"""Answers with a specific model version, over HTTP and in batches, and logs every answer."""
