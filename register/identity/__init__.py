"""Accounts of staff, their roles, the controllers, sign-in and commitments."""
