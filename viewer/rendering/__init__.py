"""What to render next, and when to stop. No Qt but one bridge."""
