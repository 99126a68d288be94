"""Pure functions on frames: no SQL, no Streamlit. What a frame must hold stands in each docstring."""
