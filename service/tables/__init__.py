"""Bringing data: a shop's tables are checked row by row and kept as canonical Parquet."""
