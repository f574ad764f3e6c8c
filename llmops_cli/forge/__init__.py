"""The place where people review changes (GitHub): the event that started a job, its pull request, our comment on it."""
