"""A step recorded once and replayed: docs/capture.md. recording -> program -> emit; captured.py calls them."""
