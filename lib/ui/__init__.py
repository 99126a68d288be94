"""Shared Streamlit parts: filters, figures, tables, empty and error states."""
