"""What was computed, as plain data: `traced` reads it off the recorded operations."""
