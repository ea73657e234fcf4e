"""Controlled schedules: threads take turns at the learner's own lines, and every order that matters is tried."""
