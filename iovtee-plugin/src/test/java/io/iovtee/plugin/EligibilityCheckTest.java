// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.CopyReason;
import io.iovtee.api.DmaConstraints;
import io.iovtee.api.PostedBuffers;
import org.junit.jupiter.api.Test;

/** A list is looked at as a whole; one buffer that may not be lent must be found all the same. */
class EligibilityCheckTest {
  private static final long START = 0x10_0000;
  private static final long END = 0x20_0000;
  private static final int LENGTH = 2060;
  private static final int BAD = 2;

  private final EligibilityCheck check =
      new EligibilityCheck(new DmaConstraints(START, END, 256, 1536, 1536));
  private final PostedBuffers buffers = new PostedBuffers();

  EligibilityCheckTest() {
    buffers.count = 4;
    for (int i = 0; i < buffers.count; i++) {
      buffers.address[i] = START + 4096L * (i + 1);
      buffers.length[i] = LENGTH;
    }
  }

  @Test
  void goodOnesAreAllEligible() {
    assertThat(check.eligibleFirst(buffers)).isEqualTo(4);
  }

  @Test
  void oneBehindTheWindowIsFound() {
    buffers.address[BAD] = END - 1536;

    assertThat(check.eligibleFirst(buffers)).isEqualTo(BAD);
  }

  @Test
  void oneInFrontOfTheWindowIsFound() {
    buffers.address[BAD] = START + 200;

    assertThat(check.eligibleFirst(buffers)).isEqualTo(BAD);
  }

  @Test
  void oneWithoutAnAddressIsFound() {
    buffers.address[BAD] = 0;

    assertThat(check.eligibleFirst(buffers)).isEqualTo(BAD);
  }

  @Test
  void oneThatIsTooShortIsFound() {
    buffers.length[BAD] = 12 + 1535;

    assertThat(check.eligibleFirst(buffers)).isEqualTo(BAD);
  }

  @Test
  void oneThatTheRingRefusedIsFound() {
    buffers.reason[BAD] = (byte) CopyReason.CHAINED.ordinal();

    assertThat(check.eligibleFirst(buffers)).isEqualTo(BAD);
  }
}
