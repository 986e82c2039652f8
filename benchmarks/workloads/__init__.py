"""One module a workload. Each has PEERS: the peer's name -> a function that sets up and returns one step.

A step takes nothing and returns (loss, gradients): the same arithmetic for every peer, compared before anything
is timed. Peers import their library inside their set-up, so a worker loads only what it measures.
"""
