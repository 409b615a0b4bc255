// Command forebay-go does a piece of work again and again with what Go has for it, and prints how many nanoseconds
// that took: forebay-go WORK TIMES.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

type object [8]uint64

type token [4]uint64

const depth = 20

var pool = sync.Pool{New: func() any { return new(object) }}

func getPut(n int) {
	for i := 0; i < n; i++ {
		o := pool.Get().(*object)
		o[0]++
		pool.Put(o)
	}
}

func burst(n, k int) {
	taken := make([]*object, k)
	for i := 0; i < n; i++ {
		for j := range taken {
			taken[j] = pool.Get().(*object)
		}
		for _, o := range taken {
			o[0]++
		}
		for _, o := range taken {
			pool.Put(o)
		}
	}
}

// both runs here and there at once, each on a thread of its own.
func both(here, there func()) {
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		runtime.LockOSThread()
		there()
		done.Done()
	}()
	here()
	done.Wait()
}

func across(n int) {
	objects := make(chan *object, 64)
	both(func() {
		for i := 0; i < n; i++ {
			o := pool.Get().(*object)
			o[0]++
			objects <- o
		}
	}, func() {
		for i := 0; i < n; i++ {
			pool.Put(<-objects)
		}
	})
}

// stream opens a channel, sends tokens through it and receives them, ends and drops it.
func stream(n int) {
	for i := 0; i < n; i++ {
		tokens := make(chan token, depth)
		for j := 0; j < depth; j++ {
			tokens <- token{uint64(j)}
		}
		close(tokens)
		for range tokens {
		}
	}
}

// streams50 sends 50 tokens through a channel of 20, from one thread to another, and tells it the end.
func streams50(n int) {
	channels := make(chan chan token)
	both(func() {
		for i := 0; i < n; i++ {
			tokens := make(chan token, depth)
			channels <- tokens
			for j := 0; j < 50; j++ {
				tokens <- token{uint64(j)}
			}
			close(tokens)
		}
		close(channels)
	}, func() {
		for tokens := range channels {
			for range tokens {
			}
		}
	})
}

// live sends a token on each of 1,000 channels in turn from one thread, and receives one of each in turn on another.
func live(n int) {
	channels := make([]chan token, 1000)
	for i := range channels {
		channels[i] = make(chan token, depth)
	}
	rounds := n/len(channels) + 1
	both(func() {
		for i := 0; i < rounds; i++ {
			for _, c := range channels {
				c <- token{uint64(i)}
			}
		}
	}, func() {
		for i := 0; i < rounds; i++ {
			for _, c := range channels {
				<-c
			}
		}
	})
}

func main() {
	n, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	works := map[string]func(){
		"pool":          func() { getPut(n) },
		"pool-burst-16": func() { burst(n, 16) },
		"pool-burst-64": func() { burst(n, 64) },
		"pool-both":     func() { both(func() { getPut(n) }, func() { getPut(n) }) },
		"pool-across":   func() { across(n) },
		"stream":        func() { stream(n) },
		"stream-50":     func() { streams50(n) },
		"live":          func() { live(n) },
	}
	work, ok := works[os.Args[1]]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such work:", os.Args[1])
		os.Exit(2)
	}
	getPut(1000)
	runtime.LockOSThread()
	from := time.Now()
	work()
	fmt.Println(time.Since(from).Nanoseconds())
}
