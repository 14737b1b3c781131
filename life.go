package berth

// advance moves a service on by itself: whoever has changed the status or the expiry of a service calls it before the
// service is written, and a worker does when DueAt has come. What it may change is the service alone: it sets a task,
// or DueAt to the next instant at which there is something to look at.
//
// While a task is under way DueAt is that task's lease, and nothing is decided until it has ended: Finish comes back
// here.
func advance(_ *Book, s *Service) {
	if s.Task.Do == "" {
		s.DueAt = 0
	}
}
