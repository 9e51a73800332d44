// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.iovtee.vswitch.datapath.OutputCounters;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * Counters that one loop writes and others read: no number is torn, none goes back, and the sum in
 * the end is right. r1: both readings are sums that there were, r2: the second is not below the
 * first.
 */
@JCStressTest
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "as counted")
@State
public class CounterReading {
  /** A change of both halves of the word at once. */
  private static final long STEP = 0x0000_0001_ffff_ffffL;

  private final OutputCounters counters = new OutputCounters();

  @Actor
  public void loop() {
    counters.add(1, STEP, 0);
    counters.add(1, STEP, 0);
  }

  @Actor
  public void reader(ZZ_Result r) {
    long first = counters.bytes();
    long second = counters.bytes();
    r.r1 = wasThere(first) && wasThere(second);
    r.r2 = second >= first;
  }

  private static boolean wasThere(long value) {
    return value == 0 || value == STEP || value == 2 * STEP;
  }
}
