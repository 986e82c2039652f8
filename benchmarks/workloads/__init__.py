"""One module for each workload. Its PEERS maps a peer's name to a function that sets up the peer and returns its step.

A step takes no arguments and returns (loss, gradients). Every peer does the same arithmetic, and the results are
compared before anything is timed. A peer imports its library during set-up, so a worker loads only what it measures.
"""
