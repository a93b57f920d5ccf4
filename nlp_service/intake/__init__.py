"""Files of submissions, read row by row: a bad row never stops the good ones.

One way in for all: ``uploads.open_upload`` (rows), ``report.check_upload`` (what can be read) and
``archive.open_archive`` (with origin and outcome) read through ``files``, which tells the kinds
apart. Text is read here; workbooks, Word files, PDFs and archives in a process of their own
(``confinement``). ``tables`` and ``forms`` make records, ``rows`` submissions of them, by the one
table of names in ``columns``. Nothing here cleans or assesses a text.
"""
