"""Files that leave the system: XLSX tables, PNG charts, the one-page print."""
