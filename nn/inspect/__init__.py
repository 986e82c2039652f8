"""Looking at a module: summary, picture, tree."""
