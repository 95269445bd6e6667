"""Places at the conference and in its categories: who has one, who waits for one, who is offered one."""
