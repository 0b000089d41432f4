"""How jobs run: their control, their channels, the worker process and its client."""
