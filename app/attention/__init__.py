"""What may interrupt somebody, by which way, and when it may not: asked by whoever would tell them something."""
