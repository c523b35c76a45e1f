package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr/benchmarks/peers"
)

func TestReportHasEveryFigure(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	require.NoError(t, report(&log, dir, time.Millisecond))
	assert.Contains(t, log.String(), "round 1, ")

	page, err := os.ReadFile(filepath.Join(dir, "benchmarks.md"))
	require.NoError(t, err)
	for _, format := range peers.Formats {
		for _, l := range format.Libraries {
			assert.Contains(t, string(page), "\n| "+l.Name)
			for _, remark := range l.Remarks {
				assert.Contains(t, string(page), remark)
			}
		}
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
