"""Small cases solved exactly, to test by and to show: graphs, patrols on a few cells, barriers of discs."""
