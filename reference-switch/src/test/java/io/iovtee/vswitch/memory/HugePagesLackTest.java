// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is said where huge pages are missing; needs none. */
final class HugePagesLackTest {
  @Test
  void namesTheNumberThatMakesItFit() {
    HugePages some = new HugePages(10, 3);
    assertThat(some.lack(3 * HugePages.SIZE)).isNull();
    assertThat(some.lack(3 * HugePages.SIZE + 1))
        .isEqualTo(
            "too few free huge pages of 2 MiB: needed=4, free=3, total=10; reserve them with:"
                + " sudo sysctl vm.nr_hugepages=11");
    assertThat(new HugePages(0, 0).lack(16 * HugePages.SIZE)).endsWith("vm.nr_hugepages=16");
  }

  @Test
  void failedAttemptAsksForOneMoreWhateverTheNumbersSay() {
    assertThat(new HugePages(10, 10).explain(4)).endsWith("vm.nr_hugepages=11");
  }

  @Test
  void countersOfThisMachine() {
    HugePages now = HugePages.read();
    assertThat(now.free()).isBetween(-now.total(), now.total());
    assertThat(now.lack((now.total() + 1) * HugePages.SIZE))
        .contains("needed=" + (now.total() + 1));
  }
}
