"""The demo shop: a real retailer's anonymised year, turned into the tables that any shop brings."""
