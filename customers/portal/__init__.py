"""Pages of the portal that are about who one is: the front page, sign-in, the choice of whom one acts for."""
