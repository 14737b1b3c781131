package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// scrape is the server's metrics at one moment: value by name and labels, as the text format writes them.
type scrape map[string]float64

// scrapeMetrics asks a server for its metrics.
func scrapeMetrics(ctx context.Context, url string) (scrape, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the metrics answer with %s", answer.Status)
	}
	return readMetrics(answer.Body)
}

func readMetrics(r io.Reader) (scrape, error) {
	s := scrape{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || line[0] == '#' {
			continue
		}
		value, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("metrics: %q is no number", line[at+1:])
		}
		s[line[:at]] = value
	}
	return s, lines.Err()
}

// sum adds up all series of a name that have this label, in the form name="value"; any when it's empty.
func (s scrape) sum(name, label string) float64 {
	total := 0.0
	for series, value := range s {
		base, labels, _ := strings.Cut(series, "{")
		if base == name && strings.Contains(labels, label) {
			total += value
		}
	}
	return total
}

// phases is where the time of an order goes, in milliseconds: first of an order, added over its writes, then of a
// batch. An order's phases end in what the client has waited.
type phases struct {
	queue, load, decide, append float64
	driver                      float64 // the provider's call
	http                        float64 // the rest within the handler: HTTP, JSON, the key's check, waiting for a processor
	outside                     float64 // the rest until the client has the answer: the connection, and the client itself

	batchQueue, batchLoad, batchDecide, batchAppend float64 // batchQueue is what the first write of a batch waited

	writes, batches float64 // of an order
	size            float64 // writes in a batch
	money           turns   // of the batches in which money moves
	lag             float64 // ms from a batch to its place in the hash chain that none exceeded, as far as buckets tell
}

// turns are the batches of one lane, on the average.
type turns struct {
	size float64 // writes in one
	time float64 // milliseconds from its load to its commit
}

// createOrder is the label of the requests that are measured.
const createOrder = `route="/API/orders/create_order"`

// phasesOf compares two scrapes between which clients sent orders during seconds.
func phasesOf(before, after scrape, orders, clients int, seconds float64) phases {
	delta := func(name, label string) float64 { return after.sum(name, label) - before.sum(name, label) }
	each := func(total float64) float64 { return total / float64(max(orders, 1)) }
	batches := delta("berth_batch_writes_count", "")
	perBatch := func(phase string) float64 {
		return 1000 * delta("berth_write_phase_seconds_sum", `phase="`+phase+`"`) / max(batches, 1)
	}
	perOrder := func(phase string) float64 {
		return 1000 * each(delta("berth_write_seconds_total", `phase="`+phase+`"`))
	}
	p := phases{
		queue: perOrder("queue"), load: perOrder("load"), decide: perOrder("decide"), append: perOrder("append"),
		driver:     1000 * each(delta("berth_driver_call_seconds_sum", "")),
		batchQueue: perBatch("queue"), batchLoad: perBatch("load"), batchDecide: perBatch("decide"), batchAppend: perBatch("append"),
		writes: each(delta("berth_batch_writes_sum", "")), batches: each(batches),
	}
	p.size = delta("berth_batch_writes_sum", "") / max(batches, 1)
	const wallets = `lane="wallets"`
	if n := delta("berth_batch_writes_count", wallets); n > 0 {
		p.money.size = delta("berth_batch_writes_sum", wallets) / n
		for _, phase := range []string{"load", "decide", "append"} {
			p.money.time += 1000 * delta("berth_write_phase_seconds_sum", wallets+`,phase="`+phase+`"`) / n
		}
	}
	handler := 1000 * delta("berth_http_answer_seconds_sum", createOrder) / max(delta("berth_http_answer_seconds_count", createOrder), 1)
	p.http = handler - p.queue - p.load - p.decide - p.append - p.driver
	p.outside = 1000*each(float64(clients)*seconds) - handler
	p.lag = 1000 * bound(before, after, "berth_seal_lag_seconds")
	return p
}

// bound is the smallest limit of a histogram's buckets that nothing exceeded between two scrapes, 0 when there was
// nothing. What exceeded all of them gives infinity.
func bound(before, after scrape, name string) float64 {
	all := after[name+"_count"] - before[name+"_count"]
	if all == 0 {
		return 0
	}
	least := math.Inf(1)
	for series, count := range after {
		label, ok := strings.CutPrefix(series, name+`_bucket{le="`)
		if !ok || count-before[series] < all {
			continue
		}
		if limit, err := strconv.ParseFloat(strings.TrimSuffix(label, `"}`), 64); err == nil {
			least = min(least, limit)
		}
	}
	return least
}

// figures are all of them, for medians.
func (p *phases) figures() []*float64 {
	return []*float64{&p.queue, &p.load, &p.decide, &p.append, &p.driver, &p.http, &p.outside,
		&p.batchQueue, &p.batchLoad, &p.batchDecide, &p.batchAppend, &p.writes, &p.batches, &p.size, &p.money.size, &p.money.time, &p.lag}
}

// total is what a client waits for an order on the average.
func (p phases) total() float64 {
	return p.queue + p.load + p.decide + p.append + p.driver + p.http + p.outside
}

func (b *bench) writePhases(line func(string, ...any)) {
	line("## Where the time of an order goes\n")
	line("Milliseconds, one wallet, from the server's own metrics (`/metrics`) during the runs above: the mean order, its writes")
	line("added up. Queue is what its writes waited for a batch; append is the inserts and the commit, one round trip. HTTP is the")
	line("rest within the handler: JSON, the key's check, and waiting for a processor. Outside is the rest until the client has its")
	line("answer.\n")
	line("| engine | clients | queue | load | decide | append + commit | driver | HTTP + JSON | outside | whole | writes | writes in a batch |")
	line("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, engine := range b.engines {
		for _, clients := range b.clients {
			if p := middle(b.taken[trial{engine, clients, 1}]).where; p.batches > 0 {
				line("| %s | %d | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.2f | %.1f |", engine, clients,
					p.queue, p.load, p.decide, p.append, p.driver, p.http, p.outside, p.total(), p.writes, p.size)
			}
		}
	}
	line("\nThe same of a batch; its queue is what its first write waited:\n")
	line("| engine | clients | queue | load | decide | append + commit |")
	line("|---|--:|--:|--:|--:|--:|")
	for _, engine := range b.engines {
		for _, clients := range b.clients {
			if p := middle(b.taken[trial{engine, clients, 1}]).where; p.batches > 0 {
				line("| %s | %d | %.3f | %.3f | %.3f | %.3f |", engine, clients, p.batchQueue, p.batchLoad, p.batchDecide, p.batchAppend)
			}
		}
	}
	line("")
}
