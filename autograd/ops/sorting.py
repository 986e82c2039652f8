"""Sorted and partitioned elements."""
