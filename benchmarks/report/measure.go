package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/seed-e9190de5/autherr/benchmarks/growth"
	"github.com/seed-e9190de5/autherr/benchmarks/peers"
)

// slot is how long a turn of a cell may take. It is short, so that the machine hardly changes during a round,
// and so that whatever else runs there hits few turns.
const slot = 200 * time.Microsecond

// turns is how many turns a cell has in a round. The least time counts.
const turns = 3

// A row is what was measured of one work.
type row struct {
	peers.Work
	Cells []*cell // in the order of peers.Libraries
}

// A growthRow is what was measured of one work that grows.
type growthRow struct {
	growth.Work
	Cells []*cell // in the order of its sizes
}

// A cell is what was measured of one function.
type cell struct {
	do     func(n int) bool // does it n times; nil if it cannot be done
	calls  int              // in a turn
	rounds []float64        // nanoseconds for one call, in each round

	time   float64 // nanoseconds for one call, the median
	ratio  spread  // to autherr's in the same round
	allocs float64 // in one call
	bytes  float64 // that one call allocates
	remark int     // the number of the remark on it, or 0
}

// A spread is the middle half of some values.
type spread struct{ low, median, high float64 }

func spreadOf(values []float64) spread {
	sorted := slices.Sorted(slices.Values(values))
	at := func(share float64) float64 { return sorted[int(share*float64(len(sorted)-1)+0.5)] }
	return spread{at(0.25), at(0.5), at(0.75)}
}

// measure measures the works of the libraries for three quarters of duration, and then those that grow.
func measure(log io.Writer, duration time.Duration) (p page, err error) {
	p.Rows, p.Remarks = prepare()
	p.Verdicts, p.Readings = prepareGrowth(growth.Verdicts), prepareGrowth(growth.Readings)
	var cells, growing []*cell
	for _, row := range p.Rows {
		cells = append(cells, row.Cells...)
	}
	for _, row := range slices.Concat(p.Verdicts, p.Readings) {
		growing = append(growing, row.Cells...)
	}
	if p.Rounds, err = measureCells(log, cells, duration/4*3); err != nil {
		return p, err
	}
	if _, err = measureCells(log, growing, duration/4); err != nil {
		return p, err
	}
	for _, row := range p.Rows {
		for _, c := range row.Cells {
			c.compare(row.Cells[0])
		}
	}
	return p, nil
}

// prepare returns the rows to fill, and the remarks on their cells.
func prepare() (rows []row, remarks []string) {
	for _, work := range peers.Works {
		r := row{Work: work}
		for _, l := range peers.Libraries {
			c := &cell{do: work.Of(l)}
			if remark := l.Remarks[work.Name]; remark != "" {
				remarks = append(remarks, remark)
				c.remark = len(remarks)
			}
			r.Cells = append(r.Cells, c)
		}
		rows = append(rows, r)
	}
	return rows, remarks
}

func prepareGrowth(works []growth.Work) (rows []growthRow) {
	for _, work := range works {
		r := growthRow{Work: work}
		for _, size := range work.Sizes {
			once := work.Of(size)
			r.Cells = append(r.Cells, &cell{do: func(n int) bool {
				for range n {
					once()
				}
				return true
			}})
		}
		rows = append(rows, r)
	}
	return rows
}

// measureCells measures all cells in rounds until duration is over, and returns the number of rounds. The
// order of the turns is random in each round, so that no cell always comes after the same one.
func measureCells(log io.Writer, cells []*cell, duration time.Duration) (rounds int, err error) {
	cells = slices.DeleteFunc(cells, func(c *cell) bool { return c.do == nil })
	for _, c := range cells {
		c.calibrate()
	}
	report := duration // how much is left when progress is logged next
	for start, left := time.Now(), duration; rounds == 0 || left > 0; left = duration - time.Since(start) {
		rounds++
		least := make([]time.Duration, len(cells))
		for _, turn := range rand.Perm(turns * len(cells)) {
			i := turn % len(cells)
			elapsed, ok := cells[i].run(cells[i].calls)
			if !ok {
				return rounds, fmt.Errorf("a library that did its work before failed at it in round %d", rounds)
			}
			if least[i] == 0 || elapsed < least[i] {
				least[i] = elapsed
			}
		}
		for i, c := range cells {
			c.rounds = append(c.rounds, float64(least[i])/float64(c.calls))
		}
		if left <= report {
			fmt.Fprintf(log, "round %d, %v to go\n", rounds, left.Round(time.Second))
			report -= duration / 10
		}
	}
	for _, c := range cells {
		c.time = spreadOf(c.rounds).median
		c.count()
	}
	return rounds, nil
}

func (c *cell) run(calls int) (time.Duration, bool) {
	start := time.Now()
	ok := c.do(calls)
	return time.Since(start), ok
}

// calibrate finds how many calls fill at least half a slot.
func (c *cell) calibrate() {
	for c.calls = 1; ; c.calls *= 2 {
		best := slot
		for range 5 {
			elapsed, _ := c.run(c.calls)
			best = min(best, elapsed)
		}
		if best >= slot/2 {
			return
		}
	}
}

// count counts allocations and bytes.
func (c *cell) count() {
	n := min(100, c.calls)
	c.allocs = testing.AllocsPerRun(5, func() { c.do(n) }) / float64(n)
	for turn := range 5 { // the rest of the process may allocate as well, so the least counts
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c.do(n)
		runtime.ReadMemStats(&after)
		if bytes := float64(after.TotalAlloc-before.TotalAlloc) / float64(n); turn == 0 || bytes < c.bytes {
			c.bytes = bytes
		}
	}
}

// compare compares c with autherr.
func (c *cell) compare(autherr *cell) {
	if c.do == nil {
		return
	}
	ratios := make([]float64, len(c.rounds))
	for round, time := range c.rounds {
		ratios[round] = time / autherr.rounds[round]
	}
	c.ratio = spreadOf(ratios)
}
