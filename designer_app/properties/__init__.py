"""What a material does, as numbers: one file a property, each with its error and its origin."""
