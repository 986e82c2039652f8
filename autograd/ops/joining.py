"""Arrays joined and taken apart."""
