"""Campaign design: whom to reach, what it may bring, and a holdout drawn before anything is sent."""
