"""The types of the schema, one concept a file; they rename what the core says, and decide nothing."""
