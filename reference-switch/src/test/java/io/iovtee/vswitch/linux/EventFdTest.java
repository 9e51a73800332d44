// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class EventFdTest {
  /** The largest value of a counter: one more makes a write block. */
  private static final long FULL = 0xfffffffffffffffeL;

  @Test
  void countsSignalsAndDrains() {
    try (EventFd event = EventFd.create()) {
      assertThat(event.drain()).isZero();
      event.signal();
      event.signal();
      assertThat(event.drain()).isEqualTo(2);
      assertThat(event.drain()).isZero();
    }
  }

  @Test
  void signalsAPeerThroughTheSharedFile() {
    try (EventFd peer = EventFd.create();
        EventFd adopted = EventFd.adopt(peer.fd().duplicate())) {
      for (int i = 0; i < 1000; i++) {
        adopted.signal();
      }
      assertThat(peer.drain()).isEqualTo(1000);
      peer.signal();
      assertThat(adopted.drain()).isEqualTo(1);
    }
  }

  @Test
  void acceptsNothingButAnEventfd() {
    Fd memfd = Memfd.create("test", 4096);
    UnixSocket[] pair = UnixSocket.pair();
    for (Fd fd : new Fd[] {memfd, pair[0].fd()}) {
      assertThatThrownBy(() -> EventFd.adopt(fd))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("not an eventfd");
      assertThat(fd.isClosed()).as("stays with the caller").isFalse();
      fd.close();
    }
    pair[1].close();
  }

  @Test
  void adoptedDescriptorBecomesNonBlocking() {
    try (EventFd peer = EventFd.create()) {
      peer.fd().setNonBlocking(false);
      EventFd adopted = EventFd.adopt(peer.fd().duplicate());
      assertThat(peer.fd().isNonBlocking()).isTrue();
      adopted.close();
    }
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void fullCounterOfAHostilePeerDoesNotBlockTheSignal() {
    try (EventFd peer = EventFd.create();
        EventFd adopted = EventFd.adopt(peer.fd().duplicate());
        Arena arena = Arena.ofConfined()) {
      assertThat(EventFd.canSignalHostilePeers()).as("io_setup(2) is allowed here").isTrue();
      peer.fd().setNonBlocking(false);
      peer.fd().write(arena.allocateFrom(JAVA_LONG, FULL));
      for (int i = 0; i < 3; i++) {
        adopted.signal();
      }
      assertThat(peer.fd().isNonBlocking()).as("the peer's flag was left alone").isFalse();
    }
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void fullCounterOfOurOwnDoesNotBlockTheSignal() {
    try (EventFd event = EventFd.create();
        Arena arena = Arena.ofConfined()) {
      event.fd().write(arena.allocateFrom(JAVA_LONG, FULL));
      event.signal();
      assertThat(event.drain()).isEqualTo(FULL);
    }
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void emptyCounterOfAHostilePeerDoesNotBlockTheDrain() {
    try (EventFd peer = EventFd.create();
        EventFd adopted = EventFd.adopt(peer.fd().duplicate())) {
      peer.fd().setNonBlocking(false);
      assertThat(adopted.drain()).isZero();
    }
  }
}
