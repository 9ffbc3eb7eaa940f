"""What waits for somebody?"""
