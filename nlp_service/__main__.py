"""``python -m nlp_service``: the command ``nlp-service``, by the interpreter that runs already."""

from nlp_service.cli import main

if __name__ == "__main__":
    main()
