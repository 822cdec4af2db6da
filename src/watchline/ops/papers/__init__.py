"""From a ledger to the facts of a paper for people outside the desk: incident, transparency, impact."""
