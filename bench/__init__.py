"""Benchmarks: each module measures one part of docs/performance.md, as ratios within one run."""
