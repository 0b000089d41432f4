"""The search for materials that meet targets: `MaterialGenerator.inverse_design`."""
