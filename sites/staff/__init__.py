"""The pages of sites for staff: imports, and the customer page's panels of contracts and consumption."""
