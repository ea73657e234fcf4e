"""The nursery: one small single-threaded process that forks warm judges and subjects and keeps the run's servers."""
