"""Parts of pages: filters, layout, figures, tables and charts, and the designed empty states."""
