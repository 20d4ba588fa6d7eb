"""Splits as shares."""

from fractions import Fraction

HALVES = {"on": Fraction(1, 2), "off": Fraction(1, 2)}
