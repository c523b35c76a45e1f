package main

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// What befalls a datagram on a bad path, in percent, and for how long it is held up at most.
const (
	lost     = 15
	repeated = 15
	heldUp   = 20
	longest  = 40 * time.Millisecond
)

// A badPath leads from one client to a server. In both directions it loses some datagrams, repeats some, and
// holds some up, so that others overtake them.
type badPath struct {
	front, back *net.UDPConn
	watch       func(answer []byte) // sees what the server sends; may be nil
	under       sync.WaitGroup      // what is under way

	lost, repeated, heldUp atomic.Int64
}

// errStray is for a datagram of somebody else: a port may have had another owner a moment ago.
var errStray = errors.New("not from the client")

func newBadPath(server net.Addr, seed uint64, watch func(answer []byte)) (*badPath, error) {
	back, err := net.DialUDP("udp", nil, server.(*net.UDPAddr))
	if err != nil {
		return nil, err
	}
	front, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, errors.Join(err, back.Close())
	}
	p := &badPath{front: front, back: back, watch: watch}
	var client atomic.Pointer[netip.AddrPort]
	p.under.Go(func() {
		p.carry(rand.New(rand.NewPCG(seed, 0)), func(datagram []byte) (int, error) {
			n, from, err := front.ReadFromUDPAddrPort(datagram)
			if err == nil && !client.CompareAndSwap(nil, &from) && *client.Load() != from {
				return 0, errStray
			}
			return n, err
		}, func(datagram []byte) { back.Write(datagram) })
	})
	p.under.Go(func() {
		p.carry(rand.New(rand.NewPCG(seed, 1)), func(datagram []byte) (int, error) {
			n, err := back.Read(datagram)
			if p.watch != nil {
				p.watch(datagram[:n])
			}
			return n, err
		}, func(datagram []byte) { front.WriteToUDPAddrPort(datagram, *client.Load()) })
	})
	return p, nil
}

// carry passes on what it receives until the path is closed. What send fails with is one more loss.
func (p *badPath) carry(random *rand.Rand, receive func([]byte) (int, error), send func([]byte)) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := receive(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		} else if err != nil {
			continue // it is a stray, or the other end is gone, but may come back
		}
		copies := 1
		switch chance := random.IntN(100); {
		case chance < lost:
			p.lost.Add(1)
			continue
		case chance < lost+repeated:
			p.repeated.Add(1)
			copies = 2
		}
		for range copies {
			if random.IntN(100) >= heldUp {
				send(buffer[:n])
				continue
			}
			p.heldUp.Add(1)
			datagram, delay := slices.Clone(buffer[:n]), time.Duration(random.Int64N(int64(longest)))
			p.under.Go(func() {
				time.Sleep(delay)
				send(datagram)
			})
		}
	}
}

// close returns when nothing is under way any more.
func (p *badPath) close() error {
	err := errors.Join(p.front.Close(), p.back.Close())
	p.under.Wait()
	return err
}
