"""Promises to look at a quiet thread again."""
