package skein;

import java.util.Map;

/** What the tasks of a workload that has no server come to. */
interface Counts {
  /** Adds the counts to a reply. Some are known once all work is done. */
  void addTo(Map<String, Object> reply, long firstDueNs);
}
