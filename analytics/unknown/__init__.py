"""Unknown flags: keys that applications ask for and that are no flags. Client keys are public, so any of them may be made up."""
