"""WHO: people, organizations, projects, environments, API keys, roles, audit, outbox."""
