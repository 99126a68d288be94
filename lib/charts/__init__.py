"""Tidy frames to Altair and pydeck. No Streamlit and no SQL here."""
