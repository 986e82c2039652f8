"""Looking at a module: summary, picture, tree in a notebook. Importing this registers the last two for Module."""

from nn.inspect import html, summary
from nn.inspect import module_picture as drawing

__all__ = ["drawing", "html", "summary"]
