"""Minimal effort backpropagation (meProp): layers whose backward follows only the largest components of the gradient."""
