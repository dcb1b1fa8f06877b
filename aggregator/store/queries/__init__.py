"""The statements behind the store. Each takes a connection and leaves the transaction to its caller.

In: A connection inside a transaction, ids or records.
Out: Records of `core.types`. Only modules of `aggregator.store` use these.
May import: config, core, classifiers.
"""
