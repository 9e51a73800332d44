// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static io.iovtee.vswitch.datapath.TestFrames.mac;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MacTableTest {
  private static final long SEED = 20261123;

  private final MacTable table = new MacTable();

  @Test
  void remembersTheLastPort() {
    assertThat(table.lookup(mac(1), 0)).isZero();
    table.learn(mac(1), 7, 0);
    assertThat(table.lookup(mac(1), 0)).isEqualTo(7);
    table.learn(mac(1), 255, 1);
    assertThat(table.lookup(mac(1), 1)).as("moved").isEqualTo(255);
  }

  @Test
  void forgetsWhatWasNotSeenForFiveMinutes() {
    table.learn(mac(1), 7, 100);
    assertThat(table.lookup(mac(1), 100 + MacTable.AGE_MAX_S)).isEqualTo(7);
    assertThat(table.lookup(mac(1), 101 + MacTable.AGE_MAX_S)).isZero();
    table.learn(mac(1), 7, 200);
    assertThat(table.lookup(mac(1), 200 + MacTable.AGE_MAX_S)).as("seen again").isEqualTo(7);
  }

  /** What a broken or hostile station sends must not take the broadcast address to its port. */
  @Test
  void groupAddressesAreNeverLearned() {
    for (long group : new long[] {TestFrames.BROADCAST, 0x0100_5e00_0001L, 0x3333_0000_0001L, 0}) {
      table.learn(group, 7, 0);
      assertThat(table.lookup(group, 0)).as(Long.toHexString(group)).isZero();
    }
  }

  @Test
  void portThatWentAwayHasNoStations() {
    for (int i = 0; i < 500; i++) {
      table.learn(mac(i), 1 + i % 3, 0);
    }
    table.forget(2);
    for (int i = 0; i < 500; i++) {
      assertThat(table.lookup(mac(i), 0)).isIn(0, i % 3 == 1 ? 0 : 1 + i % 3);
    }
  }

  /** A flood of addresses costs other stations their entry at most: it is flooded then. */
  @Test
  void newStationIsLearnedHoweverManyThereAre() {
    Random random = new Random(SEED);
    for (int i = 0; i < 50 * MacTable.SIZE; i++) {
      long station = random.nextLong() & 0xfeff_ffff_ffffL;
      table.learn(station, 3, i / 10_000);
      if (table.lookup(station, i / 10_000) != 3) {
        fail("seed %d, %d", SEED, i);
      }
    }
  }

  @Test
  void mostStationsOfARackAreKept() {
    for (int i = 0; i < MacTable.SIZE / 4; i++) {
      table.learn(mac(i), 1, i);
    }
    long kept = 0;
    for (int i = 0; i < MacTable.SIZE / 4; i++) {
      kept += table.lookup(mac(i), MacTable.SIZE / 4) == 1 ? 1 : 0;
    }
    assertThat(kept).as("of those that did not age, a slot for nearly each").isGreaterThan(250);
  }

  /** Whatever happens: a station is unknown, or on the port where it was seen last. */
  @Test
  void neverAnOldPort() {
    Random random = new Random(SEED);
    Map<Long, Integer> last = new HashMap<>();
    for (int step = 0; step < 400_000; step++) {
      long station = mac(random.nextInt(2 * MacTable.SIZE));
      int nowS = step / 1000;
      if (random.nextInt(10_000) == 0) {
        int gone = 1 + random.nextInt(4);
        table.forget(gone);
        last.values().removeIf(port -> port == gone);
      } else if (random.nextBoolean()) {
        int port = 1 + random.nextInt(4);
        table.learn(station, port, nowS);
        last.put(station, port);
      }
      int found = table.lookup(station, nowS);
      if (found != 0 && found != last.getOrDefault(station, 0)) {
        fail("seed %d, step %d: port %d, last %s", SEED, step, found, last.get(station));
      }
    }
  }
}
