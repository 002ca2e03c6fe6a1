"""The page of `ecosim explore`: its data, the file that is saved, and the server that answers it."""
