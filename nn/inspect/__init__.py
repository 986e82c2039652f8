"""Looking at a module: summary, picture, tree in a notebook. Importing this registers the last two for Module."""

from nn.inspect import drawing, html, summary

__all__ = ["drawing", "html", "summary"]
