package skein

// Room is what a task holds across its wait: an array on its stack.
type Room interface {
	[0]uint64 | [8]uint64 | [32]uint64 | [128]uint64 | [512]uint64 | [2048]uint64
}

// Fill writes all of it.
func Fill[R Room](held *R) {
	for i := 0; i < len(*held); i++ {
		(*held)[i] = uint64(i + 1)
	}
}

// IsKept is whether all of it is as it was written.
func IsKept[R Room](held *R) bool {
	sum, words := uint64(0), uint64(len(*held))
	for i := 0; i < len(*held); i++ {
		sum += (*held)[i]
	}
	return sum == words*(words+1)/2
}
