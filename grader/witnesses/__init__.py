"""Evidence that does not come from the learner's mouth: real servers and a fake Redis whose time moves."""
