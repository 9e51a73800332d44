// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.iovtee.vswitch.config.HugePageUse;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.frontend.FrontendException;
import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.memory.HugePages;
import org.junit.jupiter.api.Test;

/** More huge pages than this machine has: whoever insists on them is told what to do. */
final class HostPoolsTest {
  private static final long TOTAL = HugePages.read().total();

  private static int chunksForOnePageMoreThanThereAre() {
    int chunks = Math.toIntExact((TOTAL + 1) * (HugePages.SIZE / HostPool.CHUNK_SIZE));
    assumeThat(chunks).as("this machine has 8 GiB of huge pages").isLessThanOrEqualTo(4 << 20);
    return chunks;
  }

  @Test
  void switchThatRequiresThemDoesNotStart() {
    String text =
        "switch: {huge-pages: required, pool-chunks: " + chunksForOnePageMoreThanThereAre() + "}";
    assertThatThrownBy(() -> VSwitch.start(SwitchConfig.parse(text, "test")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll(
            "switch.huge-pages is required",
            "needed=" + (TOTAL + 1),
            "total=" + TOTAL,
            "sudo sysctl vm.nr_hugepages=",
            "set switch.huge-pages to true");
  }

  @Test
  void networkFunctionThatRequiresThemSaysTheSame() {
    assertThatThrownBy(() -> FrontendMemory.create((TOTAL + 1) * HugePages.SIZE, true))
        .isInstanceOf(FrontendException.class)
        .hasMessageContainingAll("needed=" + (TOTAL + 1), "sudo sysctl vm.nr_hugepages=")
        .hasMessageNotContaining("ENOMEM");
  }

  @Test
  void requiredPagesAreUsedWhereTheyAre() {
    assumeThat(HugePages.read().free()).as("free huge pages").isGreaterThanOrEqualTo(8);
    try (HostPool pool = HostPools.create(1024, HugePageUse.REQUIRED)) {
      assertThat(pool.onHugePages()).isTrue();
    }
    try (HostPool pool = HostPools.create(1024, HugePageUse.NEVER)) {
      assertThat(pool.onHugePages()).isFalse();
    }
  }
}
