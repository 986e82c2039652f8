"""The Scalar: a float that remembers how it was made."""
