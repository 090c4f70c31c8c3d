package skein

import "testing"

func TestATokenComesToAllTasksBeforeItComesToOneAgain(t *testing.T) {
	for _, tasks := range []int{2, 3, 10, 100, 1000, 9973} {
		for _, order := range []string{"near", "far"} {
			cell := &Cell{Tasks: tasks, Order: order}
			seen := map[int]bool{}
			for index := 0; !seen[index]; index = (index + cell.Stride()) % tasks {
				seen[index] = true
			}
			if len(seen) != tasks {
				t.Errorf("%d tasks, %s: it comes to %d", tasks, order, len(seen))
			}
		}
	}
}

func TestATreeDividesItsLeavesAsEvenlyAsItCan(t *testing.T) {
	for _, count := range []int{1, 2, 9, 10, 11, 99, 1234} {
		next, least, most := 0, count, 0
		all := Leaves{Count: count}
		for child := range all.Children() {
			its := all.Of(child)
			if its.First != next || its.Count == 0 {
				t.Errorf("%d leaves: child %d has %+v", count, child, its)
			}
			next += its.Count
			least, most = min(least, its.Count), max(most, its.Count)
		}
		if next != count || most > least+1 {
			t.Errorf("%d leaves: %d are divided, by %d to %d", count, next, least, most)
		}
	}
}

func TestSendersHaveAllMessagesTogether(t *testing.T) {
	for _, senders := range []int{1, 3, 7, 1000} {
		cell := &Cell{Senders: senders, Messages: 2002}
		sum := 0
		for sender := range senders {
			sum += cell.MessagesOf(sender)
		}
		if sum != cell.Messages {
			t.Errorf("%d senders have %d", senders, sum)
		}
	}
}
