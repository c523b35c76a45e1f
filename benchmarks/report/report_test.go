package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr/benchmarks/growth"
	"github.com/seed-e9190de5/autherr/benchmarks/peers"
)

func TestReportHasEveryFigure(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	require.NoError(t, report(&log, dir, time.Millisecond))
	assert.Contains(t, log.String(), "round 1, ")

	page, err := os.ReadFile(filepath.Join(dir, "benchmarks.md"))
	require.NoError(t, err)
	for _, work := range peers.Works {
		assert.Contains(t, string(page), "\n| "+work.Name)
	}
	for _, l := range peers.Libraries {
		assert.Contains(t, string(page), "| "+l.Name)
		for _, remark := range l.Remarks {
			assert.Contains(t, string(page), "\n1. "+remark)
		}
	}
	for _, work := range slices.Concat(growth.Verdicts, growth.Readings) {
		assert.Contains(t, string(page), "\n| "+work.Name)
	}

	plot, err := os.Open(filepath.Join(dir, "benchmarks.png"))
	require.NoError(t, err)
	defer plot.Close()
	_, err = png.Decode(plot)
	require.NoError(t, err)
}

func TestSpreadIsTheMiddleHalf(t *testing.T) {
	assert.Equal(t, spread{2, 3, 4}, spreadOf([]float64{5, 1, 4, 2, 3}))
	assert.Equal(t, spread{7, 7, 7}, spreadOf([]float64{7}))
}

func TestWhereAutherrStandsIsDecidedByTheQuartiles(t *testing.T) {
	for want, ratio := range map[standing]spread{ahead: {1.01, 1.1, 1.2}, even: {0.99, 1.5, 2}, behind: {0.8, 0.9, 0.99}} {
		assert.Equal(t, want, (&cell{ratio: ratio}).standing(), ratio)
	}
}
