"""The workbench's pages of customers: the search, the customer page and its panels."""
