"""The core: what is recommended and why, on the standard library and NumPy alone."""
