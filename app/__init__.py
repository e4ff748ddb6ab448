"""Nachfass: sales follow-up that tells the truth."""
