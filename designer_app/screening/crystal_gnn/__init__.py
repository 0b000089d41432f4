"""The crystal graph network: properties of thousands of crystals a second, with error bars."""
