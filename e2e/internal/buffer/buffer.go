// Package buffer is for tests that read what a server logs while it runs.
package buffer

import (
	"bytes"
	"sync"
)

// A Buffer holds what was written to it so far. Any number of goroutines may use it at once.
type Buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write never fails.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
