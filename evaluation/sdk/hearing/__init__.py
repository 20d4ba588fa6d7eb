"""How a client hears of changes: the connection, the ways that it may go, and what happens when one breaks."""
