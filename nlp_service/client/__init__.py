"""A client for other systems' programs: hand in a file, wait, read the results. Python alone.

It imports nothing else of the service, so this folder may be copied to where it is needed.
"""

from nlp_service.client.jobs import Client, Job
from nlp_service.client.requests import ServiceError
from nlp_service.client.signatures import SignatureRefused, check_signature

__all__ = ["Client", "Job", "ServiceError", "SignatureRefused", "check_signature"]
