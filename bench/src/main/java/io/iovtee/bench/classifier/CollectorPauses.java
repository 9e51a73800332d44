// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * What the collector of this JVM has stopped all threads for since its start.
 *
 * @param count how often
 * @param ms together; each is counted in whole milliseconds
 */
record CollectorPauses(long count, long ms) {
  /** All but those that count the work beside the threads: ZGC's and Shenandoah's "Cycles". */
  private static final List<GarbageCollectorMXBean> PAUSES =
      ManagementFactory.getGarbageCollectorMXBeans().stream()
          .filter(bean -> !bean.getName().endsWith("Cycles"))
          .toList();

  static CollectorPauses now() {
    long count = 0;
    long ms = 0;
    for (GarbageCollectorMXBean bean : PAUSES) {
      count += bean.getCollectionCount();
      ms += bean.getCollectionTime();
    }
    return new CollectorPauses(count, ms);
  }

  CollectorPauses since(CollectorPauses before) {
    return new CollectorPauses(count - before.count, ms - before.ms);
  }

  /** By name: {@code Copy + MarkSweepCompact}. */
  static String collector() {
    return String.join(" + ", PAUSES.stream().map(GarbageCollectorMXBean::getName).toList());
  }
}
