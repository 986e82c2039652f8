"""Arrays of other libraries, and a strict stand-in for them, under every row of the tables."""
