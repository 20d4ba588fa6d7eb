"""WHAT: flags, variants, segments, rules, prerequisites. The control plane."""
