"""What deploy/canary and deploy/bluegreen share: two releases behind nginx, who gets how much, and when that goes wrong."""
