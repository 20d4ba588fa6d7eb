"""Carrying: what every open stream is owed and when it is woken, the same in the control plane and in the relay."""
