package skein

// When each task of the workload timers is due, as harness/PROTOCOL.md says: a function of the seed,
// the task's index and its turn. Offsets count from the epoch, in ns. Timers of hog are in a rhythm
// of their own (hog.go).

// Pattern churn: tasks to a group, rounds of a task, and one round in so many is left to fire.
const (
	Group       = 16
	Rounds      = 8
	firesOneIn  = 16
	TimeoutNS   = 30_000_000_000
	golden      = 0x9e3779b97f4a7c15
	firstFactor = 0xbf58476d1ce4e5b9
	lastFactor  = 0x94d049bb133111eb
)

// scatter is splitmix64's finaliser.
func scatter(x uint64) uint64 {
	x += golden
	x = (x ^ x>>30) * firstFactor
	x = (x ^ x>>27) * lastFactor
	return x ^ x>>31
}

// Fingerprint is what a unit of work adds to the checksum.
func Fingerprint(index int, value int64) uint64 {
	return scatter(scatter(uint64(index)) ^ uint64(value))
}

func (c *Cell) steps() uint64 { return uint64(c.WindowNS / c.GridNS) }

func (c *Cell) onGrid(steps uint64) int64 { return int64(steps) * c.GridNS }

func (c *Cell) random(index int) uint64 { return scatter(c.Seed ^ scatter(uint64(index))) }

func (c *Cell) draw(index int, which uint64) uint64 { return scatter(c.random(index) + which) }

// OffsetNS is when a task of the patterns spread and storm is due.
func (c *Cell) OffsetNS(index int) int64 {
	if c.Pattern == "storm" {
		return c.onGrid(c.steps())
	}
	return c.onGrid(c.random(index)%c.steps() + 1)
}

// IsPeriodic is whether tasks wake again and again, as in pattern periodic and in the workload hog.
func (c *Cell) IsPeriodic() bool { return c.Pattern == "periodic" || c.Workload == "hog" }

// Rhythm is that of such a task: it wakes Turns times, first after PhaseNS, then every PeriodNS.
type Rhythm struct {
	PhaseNS, PeriodNS int64
	Turns             int
}

func (c *Cell) Rhythm(index int) Rhythm {
	if c.Workload == "hog" {
		return c.hogRhythm(index)
	}
	steps := c.steps()
	least := max(steps/16, 1)
	period := least + c.draw(index, 1)%(max(steps/4, least)-least+1)
	phase := 1 + c.draw(index, 2)%period
	return Rhythm{c.onGrid(phase), c.onGrid(period), int((steps-phase)/period) + 1}
}

// IsCanceller is pattern churn: the last task of each group, and the last of all, cancels for the
// others of its group.
func (c *Cell) IsCanceller(index int) bool {
	return index%Group == Group-1 || index+1 == c.Tasks
}

func (c *Cell) roundSteps() uint64 { return c.steps() / (Rounds + 1) }

// BeatNS is when a round of a task's group begins, and the one before it ends.
func (c *Cell) BeatNS(index, round int) int64 {
	length := c.roundSteps()
	return c.onGrid(c.draw(index-index%Group, Rounds)%length + uint64(round)*length)
}

// LeftToFire says whether nobody cancels the timer of this round.
func (c *Cell) LeftToFire(index, round int) bool {
	return c.draw(index, uint64(round))%firesOneIn == 0
}

// FireNS is when the timer of such a round is due.
func (c *Cell) FireNS(index, round int) int64 {
	inside := 1 + c.draw(index, uint64(round))/firesOneIn%(c.roundSteps()-1)
	return c.BeatNS(index, round) + c.onGrid(inside)
}

// unitsOf is how many units of work a task comes to.
func (c *Cell) unitsOf(index int) int {
	switch {
	case c.IsPeriodic():
		return c.Rhythm(index).Turns
	case c.Pattern != "churn":
		return 1
	case c.IsCanceller(index):
		return 0
	default:
		return Rounds
	}
}

func (c *Cell) units() int {
	sum := 0
	for index := range c.Tasks {
		sum += c.unitsOf(index)
	}
	if c.HasHog() {
		sum++
	}
	return sum
}
