"""The pages of tenants in the admin; each module registers its own."""

from tenants.admin import api_keys, audit, organizations, outbox, own_roles, people, projects, purges, webhooks

__all__ = ["api_keys", "audit", "organizations", "outbox", "own_roles", "people", "projects", "purges", "webhooks"]
