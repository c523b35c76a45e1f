package main

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
)

// What happens to datagrams on a bad path, in percent.
const (
	lost     = 15
	repeated = 15
	heldUp   = 20
)

const (
	worstRun = 2 // datagrams of one direction, at most, are lost or held up in a row
	furthest = 3 // datagrams, at most, overtake one that is held up
)

// A badPath leads from one client to a server. In both directions it loses some datagrams, repeats some, and
// holds some up until others have overtaken them. It counts datagrams and not time, so a slow machine does not
// make it worse.
type badPath struct {
	front, back *net.UDPConn
	watch       func(answer []byte) // sees what the server sends; may be nil
	missing     chan struct{}       // holds something if a datagram was lost or held up
	under       sync.WaitGroup      // both directions

	lost, repeated, heldUp atomic.Int64
}

// A straggler is a datagram that is held up.
type straggler struct {
	datagram []byte
	ahead    int // how many datagrams are still to overtake it
}

// errStray is for a datagram of somebody else, since another process may just have used the port.
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
	p := &badPath{front: front, back: back, watch: watch, missing: make(chan struct{}, 1)}
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

// carry passes on what it receives until the path is closed. A failure of send is one more loss.
func (p *badPath) carry(random *rand.Rand, receive func([]byte) (int, error), send func([]byte)) {
	buffer := make([]byte, 1<<16)
	var stragglers []straggler
	run := 0 // how many datagrams in a row were lost or held up
	for {
		n, err := receive(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		} else if err != nil {
			continue // a stray, or the other end is gone and may come back
		}
		for i := range stragglers {
			stragglers[i].ahead--
		}
		copies := 1
		switch chance := random.IntN(100); {
		case run == worstRun:
		case chance < lost:
			copies = 0
			p.lost.Add(1)
		case chance < lost+heldUp:
			copies = 0
			p.heldUp.Add(1)
			stragglers = append(stragglers, straggler{slices.Clone(buffer[:n]), 1 + random.IntN(furthest)})
		case chance < lost+heldUp+repeated:
			copies = 2
			p.repeated.Add(1)
		}
		for range copies {
			send(buffer[:n])
		}
		if run++; copies > 0 {
			run = 0
		} else {
			p.miss()
		}
		stragglers = slices.DeleteFunc(stragglers, func(s straggler) bool {
			if s.ahead == 0 {
				send(s.datagram)
			}
			return s.ahead == 0
		})
	}
}

// miss reports on p.missing that a datagram was lost or held up.
func (p *badPath) miss() {
	select {
	case p.missing <- struct{}{}:
	default:
	}
}

// close closes the path, and returns when nothing is under way any more.
func (p *badPath) close() error {
	err := errors.Join(p.front.Close(), p.back.Close())
	p.under.Wait()
	return err
}
