"""`make replay`: the rest of the example's year, a week at a time, as it would have come; and its story."""
