"""What stands between the browser and Streamlit: headers, the Chinese front end, health. No Streamlit in here."""
