"""A worker in a process of its own, with the assessor of tests."""

import sys

from nlp_service.jobs.worker import working
from nlp_service.settings import Settings
from tests.jobs.assessors import load_fussy

if __name__ == "__main__":
    with working(Settings(), load=load_fussy):
        sys.stdin.read()  # until whoever started it lets go
