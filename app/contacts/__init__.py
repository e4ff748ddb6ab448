"""The people we write to: who they are, what they allow, and whom we never log."""
