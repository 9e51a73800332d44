// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PollTest {
  @Test
  void tellsWhichDescriptorIsReady() {
    try (EventFd first = EventFd.create();
        EventFd second = EventFd.create()) {
      Poll poll = new Poll(3);
      poll.set(0, first.fd(), Poll.IN);
      poll.set(2, second.fd(), Poll.IN);
      assertThat(poll.await(0)).isZero();
      second.signal();
      assertThat(poll.await(1000)).isEqualTo(1);
      assertThat(poll.ready(0)).isZero();
      assertThat(poll.ready(1)).as("empty entry").isZero();
      assertThat(poll.ready(2)).isEqualTo(Poll.IN);
      poll.clear(2);
      assertThat(poll.await(0)).isZero();
      assertThat(poll.ready(2)).isZero();
    }
  }

  @Test
  void waitsForTheFirstEntriesOnly() {
    try (EventFd first = EventFd.create();
        EventFd second = EventFd.create()) {
      Poll poll = new Poll(2);
      assertThat(poll.count()).isEqualTo(2);
      poll.set(0, first.fd(), Poll.IN);
      poll.set(1, second.fd(), Poll.IN);
      second.signal();
      assertThat(poll.awaitNs(1, 1_000)).isZero();
      assertThat(poll.awaitNs(2, 1_000)).isEqualTo(1);
      assertThat(poll.ready(1)).isEqualTo(Poll.IN);
      first.signal();
      assertThat(poll.awaitNs(1, 3_000_000_001L)).as("without waiting").isEqualTo(1);
      assertThatThrownBy(() -> poll.awaitNs(3, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void refusesAnIndexOutsideOfItsEntries() {
    Poll poll = new Poll(1);
    assertThatThrownBy(() -> poll.ready(1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> poll.clear(-1)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
