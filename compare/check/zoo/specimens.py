"""Every mistake of the catalogue, planted in `correct.py` by changing a line or two.

Refuses to know how a mistake is recognised: a specimen is code, and the catalogue's key
is only the answer that is expected.
"""

from compare.check.zoo import of_functions, of_training
from compare.check.zoo.planting import Specimen

SPECIMENS: tuple[Specimen, ...] = (
    *of_functions.specimens(),
    *of_training.specimens(),
)
