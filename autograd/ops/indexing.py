"""Elements selected, assigned, taken and chosen."""
