"""Which side carries the load, and how sure that is: pure functions over arrays.

Knows nothing of devices, files, clocks on the wall or event loops. ``monitor.step`` is the one entrance: live, replay
and offline all call it, and for any cut of the input they get the same bits.
"""
