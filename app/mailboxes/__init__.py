"""The mailboxes a rep connects, what they may do there, and how fresh what we know is."""
