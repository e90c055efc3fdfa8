"""Calibrations of the sensors at hand: measured on the terminal, kept in the data folder, found for whoever needs them.

``measuring`` turns readings of sensors that were left alone into calibrations, or says what was wrong and the mend;
``listening`` takes such readings from sources; ``swapping`` parts wearer and sensors from stored sessions. ``file``
keeps them, ``force`` says which hold for the nodes of a session. What this never does: correct a sample; that is done
at the door of ``evenside_analysis.monitor.step``.
"""

from __future__ import annotations
