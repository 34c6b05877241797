"""The steps of a cell, with the stages that they are stored as."""
