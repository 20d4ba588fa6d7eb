"""Speaking: requests into answers, the same bytes at every door. No Django."""
