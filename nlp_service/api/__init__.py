"""The HTTP edge: requests in, assessments or problem documents out. No decision is made here."""
