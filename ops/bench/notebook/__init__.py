"""The example's features as a notebook would write them, in pandas: only the benchmark's peer, no source of numbers."""
