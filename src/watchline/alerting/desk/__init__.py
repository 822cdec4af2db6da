"""The desk: what people do with alerts, and what follows from the clock while they do not.

Theory: a fold and two questions.  `state.step(state, record)` folds what was written; `deciding.decide(state,
command, who, now_s)` says which records a person's wish becomes, or refuses it; `clockwork.due(state, now_s, ...)`
says which records the time alone asks for.  The shell keeps what both return, so that the state after a restart is
the state before it.

Rules: pure, no clock, no chance; one state for the real desk and another for an exercise, and no record passes from
one to the other; who may do what stands in `roles.py` and is asked here, whatever a screen shows.

Imports `domain` and `geo`.  Start reading at `state.py`.
"""
