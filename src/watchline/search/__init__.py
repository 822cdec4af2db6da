"""Search: where somebody out of contact may be, where effort finds them soonest, and what no plan can exceed."""
