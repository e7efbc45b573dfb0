"""The commands of `konomi`, one file per group."""
