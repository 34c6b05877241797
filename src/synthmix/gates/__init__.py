"""Gates: filters that reject synthetic points before they are mixed."""
