"""The built-in templates of segments.

``source`` is the number of the merchant's article, ``passage`` where in it.  Each means what that says, as far as
orders, contacts and answers tell it; numbers that the articles do not give are ours.
"""

from domain.catalogue.segments.contact import CONTACT
from domain.catalogue.segments.loss import LOSS
from domain.catalogue.segments.repurchase import REPURCHASE
from domain.catalogue.segments.value import VALUE

SEGMENT_TEMPLATES = (*VALUE, *CONTACT, *REPURCHASE, *LOSS)
