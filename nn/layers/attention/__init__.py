"""Attention, and what is built with it."""
