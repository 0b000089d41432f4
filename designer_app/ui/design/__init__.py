"""The Design workspace: an introduction, and the wizard that turns wishes into crystals."""
