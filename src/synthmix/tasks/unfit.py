"""What estimators raise at settings that do not suit the points, in place of which others are taken."""

from __future__ import annotations

import numpy as np

UNFIT = (ValueError, ArithmeticError, np.linalg.LinAlgError)
