"""From a folder of results to what it says: tables, words, figures, one page."""
