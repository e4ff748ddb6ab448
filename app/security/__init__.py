"""Sealing, signing, passwords and throttling: what keeps secrets secret."""
