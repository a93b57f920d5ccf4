"""Names, passwords and tokens of people and of the systems that ask; no database, no HTTP."""
