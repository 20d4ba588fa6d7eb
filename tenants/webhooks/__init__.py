"""Outgoing webhooks: which events there are, how they are written and signed, where they may go, and how they are delivered."""
