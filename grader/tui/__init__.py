"""The terminal UI: draws the stream of events and owns no truth of its own."""
