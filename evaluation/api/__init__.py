"""Answering: the SDK API of the control plane."""
