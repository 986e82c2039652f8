"""Median, quantile, percentile and average."""
