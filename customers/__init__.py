"""Who: persons, companies and estates, and what is known of them."""
