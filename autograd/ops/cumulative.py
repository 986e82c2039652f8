"""Running sums, products and extrema; differences."""
