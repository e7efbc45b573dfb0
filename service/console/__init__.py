"""The web pages: the storefront, GraphiQL, and the error pages."""
