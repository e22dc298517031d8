"""The pages of retention: the calendar with its acts, plans, holds, and the panel of the customer page."""
