"""Recurrent cells and layers: each kind with its primitives, its functions and its Modules in one file."""
