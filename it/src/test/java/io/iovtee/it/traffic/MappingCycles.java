// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.traffic;

import io.iovtee.it.peers.MappingApi;
import io.iovtee.it.peers.TestSwitch;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Maps and unmaps queue 0 of a NIC again and again, each time for a random while. */
final class MappingCycles {
  private static final int STAY_MS_MAX = 20;
  private static final long SEED = 7;

  private final TestSwitch vswitch;
  private final MappingApi mappings;
  private final String nic;
  private final String guest;
  private final String isolation;
  private volatile @Nullable Throwable failure;

  MappingCycles(
      TestSwitch vswitch, MappingApi mappings, String nic, String guest, String isolation) {
    this.vswitch = vswitch;
    this.mappings = mappings;
    this.nic = nic;
    this.guest = guest;
    this.isolation = isolation;
  }

  /** Starts a thread that ends after so many cycles, unmapped. */
  Thread start(int count) {
    return Thread.ofPlatform().name("mapping-cycles").start(() -> run(count));
  }

  private void run(int count) {
    Random random = new Random(SEED);
    try {
      for (int i = 0; i < count; i++) {
        mappings.request(nic + "/0", guest, isolation);
        vswitch.awaitLending(nic, 0, 1);
        Thread.sleep(random.nextInt(STAY_MS_MAX));
        mappings.remove(nic + "/0");
        Thread.sleep(random.nextInt(STAY_MS_MAX));
      }
    } catch (RuntimeException | Error | InterruptedException e) {
      failure = e;
    }
  }

  /** What ended the cycles before their time; null if nothing did. */
  @Nullable Throwable failure() {
    return failure;
  }
}
