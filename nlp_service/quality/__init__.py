"""What a proposal shows and what it lacks, by written rules with quoted words."""
