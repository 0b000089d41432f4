"""The picture of the atoms. Only `canvas` and what it draws with import vispy, at first showing."""
