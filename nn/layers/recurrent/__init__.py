"""Recurrent cells and layers. The primitives, functions and Modules of one kind are in one file."""
