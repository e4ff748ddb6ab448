"""Writing mail and sending it exactly once."""
