"""Keys of `quality.alarms`."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.config.schema import Fraction


@dataclass(kw_only=True, frozen=True)
class AlarmsConfig:
    """The limits beyond which an alarm rings.

    Attributes:
        coverage: least, as a share of that of real points.
        modes_reached: least, as a share of that of real points.
        holes: most, on top of that of real points.
        duplicate_share: most, on top of that of real points.
        authenticity: least, as a share of that of real points.
        copied_8grams: of texts, most, on top of that of real documents.
        precision: least, as a share of that of real points.
        discriminator_advantage: most, on the minibatches of the end of a training; 1 where D makes no error.
    """

    coverage: Fraction = 0.1
    modes_reached: Fraction = 0.75
    holes: Fraction = 0.005
    duplicate_share: Fraction = 0.5
    authenticity: Fraction = 0.5
    copied_8grams: Fraction = 0.1
    precision: Fraction = 0.25
    discriminator_advantage: Fraction = 0.95
