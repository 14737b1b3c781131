package berth

// Vacate is what whoever terminates a service calls.
func Vacate(b *Book, s Service) { vacate(b, s) }
