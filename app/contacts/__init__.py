"""The people we write to, what they allow us, and whom we never log."""
