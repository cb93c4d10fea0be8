"""`ramlab grade`: submissions are replayed on fresh machines, and a book is made of what came of them."""
