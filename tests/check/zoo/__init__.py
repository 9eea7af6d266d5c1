"""The bug zoo: every mistake of the catalogue, planted in the exercises' network.

Refuses to know how a mistake is recognised: a specimen is code, and the catalogue's key
is only the answer that is expected.
"""

from tests.check.zoo import of_functions, of_people, of_training
from tests.check.zoo.planting import Specimen

SPECIMENS: tuple[Specimen, ...] = (
    *of_functions.specimens(),
    *of_training.specimens(),
    *of_people.specimens(),
)
