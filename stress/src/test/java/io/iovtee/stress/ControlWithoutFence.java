// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;

import io.iovtee.vswitch.linux.AddressSpace;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The control: what {@link CallNotLost} is about, without the fences. The call is lost, because
 * both sides look before the other's store is out of its core. Were it not seen here, its absence
 * there would say nothing; {@link InterleavingsTest} insists.
 */
@JCStressTest
@Outcome(id = "true, false", expect = ACCEPTABLE, desc = "called")
@Outcome(id = "false, true", expect = ACCEPTABLE, desc = "seen before sleeping")
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "seen, and called for nothing")
@Outcome(id = "false, false", expect = ACCEPTABLE_INTERESTING, desc = "lost")
@State
public class ControlWithoutFence {
  private final long usedIndex = Slots.next();
  private final long wish = usedIndex + 512;

  @Actor
  public void theSwitch(ZZ_Result r) {
    AddressSpace.putShortRelease(usedIndex, (short) 1);
    r.r1 = AddressSpace.getShort(wish) != 0;
  }

  @Actor
  public void guest(ZZ_Result r) {
    AddressSpace.putShort(wish, (short) 1);
    r.r2 = AddressSpace.getUnsignedShortAcquire(usedIndex) != 0;
  }
}
