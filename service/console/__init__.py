"""The web pages: the storefront, GraphiQL, and what an operator sees."""
