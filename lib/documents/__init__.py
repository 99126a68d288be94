"""Documents people take away: XLSX, DOCX, PNG."""
