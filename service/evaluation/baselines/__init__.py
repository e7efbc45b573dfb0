"""Simple methods that are strong: whatever claims to be better is measured beside them."""
