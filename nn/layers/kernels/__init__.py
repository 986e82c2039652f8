"""What the primitives of several families share: sums by BLAS, working dtypes, images in memory, resampling."""
