"""Functions of each element: roots, exponentials, logarithms, trigonometry."""
