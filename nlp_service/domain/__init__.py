"""What the office talks about: submissions, assessments, the taxonomy, and what can go wrong.

Pure data: nothing here reads a model, a database or a request.
"""
