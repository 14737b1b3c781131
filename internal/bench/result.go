package main

import "slices"

// result is one measurement: orders, or pgbench's transactions.
type result struct {
	rate     float64 // a second
	p50, p99 float64 // milliseconds
	// Microseconds of processor time an order: the server's, PostgreSQL's, and the client's.
	own, db, client float64
	orders          float64 // how many were measured
	where           phases
}

// figures are all of them, for medians.
func (r *result) figures() []*float64 {
	return append([]*float64{&r.rate, &r.p50, &r.p99, &r.own, &r.db, &r.client, &r.orders}, r.where.figures()...)
}

// median of the values; the mean of the middle two when their number is even.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// middle is the median of each figure by itself.
func middle(results []result) (m result) {
	for i, to := range m.figures() {
		values := make([]float64, len(results))
		for j := range results {
			values[j] = *results[j].figures()[i]
		}
		*to = median(values)
	}
	return m
}
