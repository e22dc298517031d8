"""What of the seed is at work: each of these is shown by a test that cites it."""

ITEMS_AT_WORK: frozenset[str] = frozenset(
    {
        "B01",
        "B06",
        "C01",
        "C02",
        "C03",
        "C04",
        "C05",
        "C06",
        "C07",
        "C08",
        "C09",
        "C10",
        "C11",
        "C12",
        "C13",
        "C14",
        "O01",
        "O04",
        "S01",
        "S03",
        "S04",
        "S05",
        "S06",
        "S09",
        "S11",
        "S12",
        "S17",
        "S21",
        "S23",
        "S25",
    }
)

CLAUSES_AT_WORK: frozenset[str] = frozenset(
    {
        "D1",
        "D2",
        "D3",
        "D4",
        "D5",
        "G3",
        "K1",
        "R2",
        "R5",
        "T1",
        "T2",
        "T3",
        "T4",
        "T5",
        "X2",
        "X3",
        "X4",
    }
)
