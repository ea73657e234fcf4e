"""Level Up's grader: a judge, a subject and its witnesses, each in a process of its own."""
