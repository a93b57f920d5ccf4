"""Files of submissions, read row by row: a bad row never stops the good ones.

Nothing here cleans or assesses a text.
"""
