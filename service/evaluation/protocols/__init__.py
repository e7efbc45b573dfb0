"""What is held out, and what counts as true."""
