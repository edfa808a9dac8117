"""What the make verbs run: the replay, the services and the benchmarks."""
