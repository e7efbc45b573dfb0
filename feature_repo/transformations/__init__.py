"""From events to features: Ibis expressions, point-in-time correct, free of any one engine's SQL.

Each takes `events` (see `history.py`) and `as_of`, a table of moments, and looks only at events before each moment.
"""
