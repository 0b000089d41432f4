"""Structures as graphs of PyTorch Geometric."""
