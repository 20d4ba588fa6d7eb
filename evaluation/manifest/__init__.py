"""Preparing: rows in, published bytes out."""
