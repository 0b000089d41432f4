"""FIRE: molecular dynamics that is steered downhill (doi:10.1103/PhysRevLett.97.170201).

With unit masses, forces f and velocities v (Bitzek et al. 2006):

    P = f . v
    P > 0:   v <- (1 - a) v + a |v| f / |f|;  after N_min such steps  dt <- min(dt f_inc, dt_max),
             a <- a f_a
    P <= 0:  v <- 0,  dt <- dt f_dec,  a <- a_start
    v <- v + dt f,  x <- x + dt v

| symbol | variable |
|---|---|
| a | mixing |
| dt | dt, in A (eV)^(-1/2), masses being 1 |
| N_min | PATIENCE |
| f_inc, f_dec, f_a, a_start, dt_max | FASTER, SLOWER, LESS_MIXING, MIXING, DT_MAX |
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from designer_app.relaxation.rows import Rows, regathered

PATIENCE, FASTER, SLOWER, LESS_MIXING, MIXING = 5, 1.1, 0.5, 0.99, 0.1
DT, DT_MAX = 0.1, 1.0


@dataclass(frozen=True, eq=False)
class Fire:
    """Velocities and the pace of each structure."""

    velocities: Float[Tensor, "n_rows 3"]
    dt: Float[Tensor, "n_systems"]
    mixing: Float[Tensor, "n_systems"]
    downhill: Float[Tensor, "n_systems"]
    """Steps since P was last negative."""

    @classmethod
    def start(cls, forces: Float[Tensor, "n_rows 3"], n_systems: int) -> "Fire":
        """At rest."""
        ones = forces.new_ones(n_systems)
        return cls(torch.zeros_like(forces), DT * ones, MIXING * ones, torch.zeros_like(ones))

    def step(
        self, rows: Rows, forces: Float[Tensor, "n_rows 3"], energy: Float[Tensor, "n_systems"]
    ) -> tuple["Fire", Float[Tensor, "n_rows 3"]]:
        """The optimizer after this step, and how far the rows move."""
        del energy
        power = rows.dot(forces, self.velocities)
        goes_down = power > 0
        is_steady = goes_down & (self.downhill > PATIENCE)
        speed = torch.sqrt(rows.dot(self.velocities, self.velocities))
        force = torch.sqrt(rows.dot(forces, forces)).clamp(min=1e-30)
        mixed = (
            rows.spread(1 - self.mixing) * self.velocities
            + rows.spread(self.mixing * speed / force) * forces
        )
        pace = torch.where(is_steady, (self.dt * FASTER).clamp(max=DT_MAX), self.dt)
        dt = torch.where(goes_down | (speed == 0), pace, self.dt * SLOWER)
        mixing = torch.where(is_steady, self.mixing * LESS_MIXING, self.mixing)
        mixing = torch.where(goes_down, mixing, torch.full_like(mixing, MIXING))
        velocities = torch.where(rows.spread(goes_down), mixed, torch.zeros_like(mixed))
        velocities = velocities + rows.spread(dt) * forces
        downhill = torch.where(goes_down, self.downhill + 1, torch.zeros_like(self.downhill))
        return Fire(velocities, dt, mixing, downhill), rows.limited(rows.spread(dt) * velocities)

    def regrouped(
        self, rows: Int[Tensor, "n_new_rows"], systems: Int[Tensor, "n_new_systems"]
    ) -> "Fire":
        """The memory for another batch: from where each row and system comes, -1 for new ones."""
        fresh = systems < 0
        return Fire(
            regathered(self.velocities, rows),
            torch.where(fresh, DT, regathered(self.dt, systems)),
            torch.where(fresh, MIXING, regathered(self.mixing, systems)),
            regathered(self.downhill, systems),
        )
