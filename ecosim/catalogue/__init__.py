"""What every shock, instrument, decision and funder says about itself, in one place."""
