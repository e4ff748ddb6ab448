"""Conversations: what was sent, what came back, and which answers which."""
