"""Records become documents: sheets to sign, to print and to keep.

`document.py` is what a document is; `handover.py` and `shift.py` make one from records; `pdf.py` and `html.py` set
it, right to left where the language is.  Words are in `words.py`: English, Arabic, Sorani.

Imports `domain`.  Start reading at `handover.py`.
"""
