"""Windows of their own: preferences, commands, about."""
