"""Asking: what runs inside applications, and beside them. No framework, and nothing of the control plane."""
