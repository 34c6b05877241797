"""Keys of `quality.alarms`."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.config.schema import Fraction


@dataclass(kw_only=True)
class AlarmsSchema:
    """The limits beyond which an alarm rings.

    Attributes:
        coverage: least, as a share of that of real points.
        modes_reached: least, as a share of that of real points.
        holes: most, on top of that of real points.
        duplicate_share: most, on top of that of real points.
        authenticity: least, as a share of that of real points.
        precision: least, as a share of that of real points.
        discriminator_advantage: most, on the minibatches of the end of a training; 1 where D makes no error.
    """

    coverage: Fraction
    modes_reached: Fraction
    holes: Fraction
    duplicate_share: Fraction
    authenticity: Fraction
    precision: Fraction
    discriminator_advantage: Fraction
