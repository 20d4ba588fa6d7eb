"""How far each change has come: reports of serving processes, kept as long as they hold, and read as an answer."""
