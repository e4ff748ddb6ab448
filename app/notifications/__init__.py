"""Telling somebody who is not looking: pushes to their browsers and mail into their own inbox, each once, and not in quiet hours."""
