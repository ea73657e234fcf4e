"""Runs checks: one request in, one stream of events out; and watches the learner's files."""
