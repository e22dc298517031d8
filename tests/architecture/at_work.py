"""What of the seed is at work: each of these is shown by a test that cites it."""

ITEMS_AT_WORK: frozenset[str] = frozenset(
    {
        "B01",
        "C02",
        "C03",
        "C04",
        "C05",
        "C06",
        "C10",
        "O01",
        "S01",
        "S09",
    }
)

CLAUSES_AT_WORK: frozenset[str] = frozenset(
    {
        "K1",
        "X2",
        "X3",
    }
)
