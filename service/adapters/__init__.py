"""What the core's ports are made of: one file per vendor and role."""
