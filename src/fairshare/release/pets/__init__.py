"""Privacy-enhancing technologies that publish in place of rows: private statistics, and the budget that they spend."""
