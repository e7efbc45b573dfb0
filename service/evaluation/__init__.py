"""Quality: protocols, metrics and baselines, measured side by side without leakage."""
