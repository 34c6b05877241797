"""Pictures: functions that return a matplotlib Figure and leave the global state alone."""
