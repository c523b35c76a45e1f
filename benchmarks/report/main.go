// Command report measures autherr and what might be used instead, and writes docs/benchmarks.md and
// docs/benchmarks.png:
//
//	go run -C benchmarks ./report
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

func main() {
	dir := flag.String("o", "../docs", "write the page and the plot to this `directory`")
	duration := flag.Duration("d", 2*time.Minute, "measure for this long")
	flag.Parse()
	if err := report(os.Stdout, *dir, *duration); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

// report measures for duration, writes the page and the plot to dir, and logs its progress.
func report(log io.Writer, dir string, duration time.Duration) error {
	p, err := measure(log, duration)
	if err != nil {
		return err
	}
	text, plot := filepath.Join(dir, "benchmarks.md"), filepath.Join(dir, "benchmarks.png")
	if err := writePage(text, p); err != nil {
		return err
	}
	if err := writePlot(plot, p.Rows); err != nil {
		return err
	}
	fmt.Fprintf(log, "wrote %s and %s\n", text, plot)
	return nil
}
