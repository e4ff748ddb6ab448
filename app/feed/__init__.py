"""What happened, newest first, live."""
