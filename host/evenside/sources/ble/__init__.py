"""``ble://``: sensors of any maker over Bluetooth Low Energy, held for days.

One source serves every node of a session, because one adapter does: one owner of the scanner, one connection made at
a time (``scanner``), and for each device a supervisor that finds it, connects, verifies who it is, lets it stream and
begins again whatever happens (``supervisor``). A connection (``link``) carries out operations in order and stamps what
arrives. What is said over it is the affair of a session, which outlives connections: ``node_session`` for our own
nodes, ``codec_session`` for every kind that ``evenside.devices`` knows. ``source`` puts all of it together.
"""
