"""What the pages are made of; the only room of hfcore that knows Streamlit."""
