"""What `make bench` measures: each stage against a floor in the same run, at the size of one year and of ten."""
