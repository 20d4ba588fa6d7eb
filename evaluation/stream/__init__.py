"""Delivering: who hears of a change, and how."""
