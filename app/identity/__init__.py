"""Who works here: workspaces, people, where they are signed in."""
