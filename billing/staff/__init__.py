"""The pages of billing for staff: the customer page's panels of money."""
