"""How partnerships are found, put together, live and end."""
