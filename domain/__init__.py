"""What Regulars means: customers, orders, interactions, feedback, segments, strategies.

Knows SQLAlchemy; not HTTP, GraphQL, tenants, the driver or any clock.
"""
