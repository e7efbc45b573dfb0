"""konomi's online service: one customer in, products, contents and ads out, and why each."""
