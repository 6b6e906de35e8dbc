"""The backend on Azure ML through SDK v1; nothing of the SDK is imported before a workspace is opened."""
