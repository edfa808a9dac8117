"""Whether the world has moved since a model was trained: drift, skew, and performance once labels are known."""
