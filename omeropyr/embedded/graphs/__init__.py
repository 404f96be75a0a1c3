"""What hangs together in the model: deleting, moving and giving whole graphs, finding what holds what, and its size.

Everything here works on a transaction's connection, in sets of ids rather than object by object.
"""
