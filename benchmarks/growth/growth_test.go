package growth

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-e9190de5/autherr"
)

// A counting error counts how often it is asked what it wraps, and what it is.
type counting struct {
	inner []error
	steps *int
}

func (e *counting) Error() string   { return "counting" }
func (e *counting) Unwrap() []error { *e.steps++; return e.inner }
func (e *counting) Is(error) bool   { *e.steps++; return false }

// trees has functions that make trees of about n errors that count.
var trees = map[string]func(n int, steps *int) error{
	"deep": func(n int, steps *int) error {
		err := error(autherr.ErrTokenExpired)
		for range n {
			err = &counting{[]error{err}, steps}
		}
		return err
	},
	"wide": func(n int, steps *int) error {
		all := make([]error, n)
		for i := range all {
			all[i] = &counting{[]error{autherr.ErrTokenExpired}, steps}
		}
		return errors.Join(all...)
	},
	"deep, beneath what has a say": func(n int, steps *int) error {
		err := error(autherr.ErrTokenExpired)
		for range n {
			err = &autherr.InvalidTokenError{Err: &counting{[]error{err}, steps}}
		}
		return err
	},
	"deep, beneath what another server said": func(n int, steps *int) error {
		err := error(autherr.ErrTokenExpired)
		for range n {
			err = &autherr.RemoteError{Err: &counting{[]error{err}, steps}}
		}
		return err
	},
	"deep, with one aside each": func(n int, steps *int) error {
		err := error(autherr.ErrTokenExpired)
		for range n {
			err = errors.Join(&counting{nil, steps}, &counting{[]error{err}, steps})
		}
		return err
	},
}

func TestVerdictAsksEachErrorAsOftenInALargeTree(t *testing.T) {
	const small, large = 10, 10_000
	for name, tree := range trees {
		for asked, ask := range map[string]func(error){"Answer": answer, "FaultOf": faultOf} {
			t.Run(asked+"/"+name, func(t *testing.T) {
				stepsOf := func(n int) int {
					var steps int
					ask(tree(n, &steps))
					return steps
				}
				assert.NotZero(t, stepsOf(small))
				assert.Equal(t, large/small*stepsOf(small), stepsOf(large))
			})
		}
	}
}

func TestVerdictAllocatesNothing(t *testing.T) {
	for _, work := range Verdicts {
		do := work.Of(1_000)
		assert.Zero(t, testing.AllocsPerRun(10, do), work.Name)
	}
}

// allocated returns the bytes that f allocates. The rest of the process may allocate as well, so the least
// of several measurements counts.
func allocated(f func()) uint64 {
	least := ^uint64(0)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// A slice can be twice as large as what is in it, so a factor of two at a step is in proportion. If memory
// were quadratic, the factor would be four.
func TestReadingTakesMemoryInProportion(t *testing.T) {
	for _, work := range Readings {
		t.Run(work.Name, func(t *testing.T) {
			for i, size := range work.Sizes[1:] {
				smaller := work.Sizes[i]
				one, parts := work.Of(size), work.Of(smaller)
				limit := 2*uint64(size/smaller)*allocated(parts) + 4<<10
				assert.LessOrEqual(t, allocated(one), limit, "%d bytes", size)
			}
		})
	}
}

func TestWorkHasItsSize(t *testing.T) {
	for _, input := range []func(int) string{repeated("a ", "b=c,", "@"), numbered("{", `"`, `":0,`, `"error":"a"}`)} {
		for _, size := range bytesUpTo {
			assert.InDelta(t, size, len(input(size)), 16)
			assert.LessOrEqual(t, len(input(size)), size)
		}
	}
}
