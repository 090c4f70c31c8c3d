package skein

import "encoding/binary"

// Handler is what a request does between its read and its write.
type Handler struct {
	WaitNS int64
	Steps  int64
}

// Handler is that of the cell.
func (c *Cell) Handler() Handler {
	var asked Handler
	if c.HandlerWaitNS != nil {
		asked.WaitNS = *c.HandlerWaitNS
	}
	if c.HandlerWork != nil {
		asked.Steps = *c.HandlerWork
	}
	return asked
}

// IsThere is whether a request does anything.
func (h Handler) IsThere() bool { return h != Handler{} }

// WorkOn takes so many steps of xorshift32 on the first word of a request.
func WorkOn(request []byte, steps int64) {
	if len(request) < 4 {
		return
	}
	word := worked(binary.LittleEndian.Uint32(request), steps)
	binary.LittleEndian.PutUint32(request, word)
}

func worked(word uint32, steps int64) uint32 {
	for range steps {
		word ^= word << 13
		word ^= word >> 17
		word ^= word << 5
	}
	return word
}
