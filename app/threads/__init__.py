"""Conversations: what was sent, what came back, and how far each mail got."""
