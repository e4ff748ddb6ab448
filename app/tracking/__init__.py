"""Opens and clicks: received durably, judged honestly, shown with their reasons."""
