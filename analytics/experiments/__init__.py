"""Experiments: recorded while batches are folded, run by services, read by selectors."""
