"""A picture in a language or as an image: Graphviz (DOT), Mermaid, SVG, PNG and PDF."""
