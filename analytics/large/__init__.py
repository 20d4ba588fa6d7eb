"""A large organization of its own, to see how pages do with a thousand flags, two hundred members and ninety days of telemetry.

The same number makes the same: keys, names, rules and amounts. People, webhooks, experiments and the audit log come about by
the services; flags, states and tallies, of which there are thousands, are checked as the services check them and inserted many
at once.
"""
