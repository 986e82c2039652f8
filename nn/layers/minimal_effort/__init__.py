"""Minimal effort backpropagation (meProp): the identity, the rectifier and the linear layer that use it."""
