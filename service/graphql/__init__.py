"""The GraphQL face: renames and loads, decides nothing."""
