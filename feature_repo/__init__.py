"""The Feast repository: what the features are, and how they come out of the events."""
