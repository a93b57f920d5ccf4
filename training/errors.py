"""What can go wrong before or during a fit.

TrainingError
├── BadConfig        a configuration that does not fit
├── BadCorpus        a corpus that cannot be read, or has too many bad rows
├── BadEncoder       a base encoder that is not there, or not one that can be used
└── ParityFailure    the written bundle does not score as the trainer does
"""


class TrainingError(Exception):
    """Anything that training raises on purpose."""


class BadConfig(TrainingError):
    """A configuration that does not fit."""


class BadCorpus(TrainingError):
    """A corpus that cannot be read, or in which too many rows are bad."""


class ParityFailure(TrainingError):
    """The written bundle does not score as the trainer does; it is not put in place."""


class BadEncoder(TrainingError):
    """A base encoder that is not there, or not one that can be used."""
