"""The pages of the sites in the staff's frame."""
