// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static io.iovtee.vswitch.vhost.SessionUnderTest.NO_FDS;
import static io.iovtee.vswitch.vhost.SessionUnderTest.RING_SIZE;
import static io.iovtee.vswitch.vhost.SessionUnderTest.pair;
import static io.iovtee.vswitch.vhost.SessionUnderTest.ringAddress;
import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.UnixSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rings that are none, and descriptors that would block us: M14 to M21. */
final class HostileRingTest extends HostileSession {
  @ParameterizedTest
  @ValueSource(longs = {0, 3, 255, 257, 32767, 65536, 1L << 31, 0xffffffffL})
  void m14_ringSizeMustBeAPowerOfTwo(long size) {
    test.send(VhostUserRequest.SET_VRING_NUM, pair(0, size));

    assertRefused("ring size must be a power of two <= 32768: size=" + size);
  }

  @Test
  void m14_sizeBaseAndAddressesMustNotChangeWhileTheRingRuns() {
    for (VhostUserRequest request :
        new VhostUserRequest[] {
          VhostUserRequest.SET_VRING_NUM,
          VhostUserRequest.SET_VRING_BASE,
          VhostUserRequest.SET_VRING_ADDR
        }) {
      try (SessionUnderTest other = new SessionUnderTest()) {
        other.run(memory);
        long at = ringAddress(memory, 2);
        if (request == VhostUserRequest.SET_VRING_ADDR) {
          other.send(request, 0, at, at + 0x2000, at + 0x1000, 0);
        } else {
          other.send(request, pair(0, 1));
        }

        assertThat(other.reason).contains("must not change while the ring runs");
      }
    }
  }

  @Test
  void m15_addressesBeforeTheMemoryTable() {
    test.negotiate();
    test.send(VhostUserRequest.SET_VRING_NUM, pair(0, RING_SIZE));

    setAddresses(0, ringAddress(memory, 0), 0x1000, 0x2000);

    assertRefused("SET_VRING_ADDR came before SET_MEM_TABLE");
  }

  @Test
  void m15_addressesBeforeTheSize() {
    test.negotiate();
    test.shareMemory(memory);

    setAddresses(0, ringAddress(memory, 0), 0x1000, 0x2000);

    assertRefused("SET_VRING_ADDR came before SET_VRING_NUM");
  }

  private boolean setAddresses(int vring, long desc, long availDistance, long usedDistance) {
    return test.send(
        VhostUserRequest.SET_VRING_ADDR, vring, desc, desc + usedDistance, desc + availDistance, 0);
  }

  @ParameterizedTest
  @CsvSource({
    // distance of the descriptor table from the region's start, of the other rings from the table
    "8, 0x1000, 0x2000, 16-byte aligned",
    "0, 0x1001, 0x2000, 2-byte aligned",
    "0, 0x1000, 0x2002, 4-byte aligned",
    "-16, 0x1010, 0x2010, inside one memory region",
    "0x10000, -0x8000, -0x4000, inside one memory region",
    "0xf010, -0x8000, -0x4000, inside one memory region",
    "0, 0xfe00, 0x2000, inside one memory region",
    "0, 0x1000, 0xf800, inside one memory region",
    "0x7000000000000000, 0x1000, 0x2000, inside one memory region",
    "0, 0xff0, 0x2000, must not overlap",
    "0, 0x1000, 0x1200, must not overlap",
    "0, 0x2000, 0x800, must not overlap",
  })
  void m15_addressesThatAreNoRing(String desc, String avail, String used, String why) {
    test.negotiate();
    test.shareMemory(memory);
    test.send(VhostUserRequest.SET_VRING_NUM, pair(0, RING_SIZE));

    setAddresses(
        0, memory.frontendAddress() + Long.decode(desc), Long.decode(avail), Long.decode(used));

    assertRefused(why);
  }

  /** The word for the event index lies behind the ring and must be mapped too. */
  @Test
  void m15_eventIndexBehindTheRegion() {
    test.negotiate();
    test.shareMemory(memory);
    test.send(VhostUserRequest.SET_VRING_NUM, pair(0, RING_SIZE));
    long availBytes = 4 + 2L * RING_SIZE;

    setAddresses(0, memory.frontendAddress(), memory.length() - availBytes, 0x2000);

    assertRefused("the available ring must lie inside one memory region");
  }

  @Test
  void m15_flagsOfSetVringAddr() {
    test.negotiate();
    test.shareMemory(memory);
    test.send(VhostUserRequest.SET_VRING_NUM, pair(0, RING_SIZE));
    long at = ringAddress(memory, 0);

    test.send(VhostUserRequest.SET_VRING_ADDR, pair(0, 1), at, at + 0x2000, at + 0x1000, 0);

    assertRefused("must have no flags, logging was not offered");
  }

  @Test
  void m15_sameRingForTwoQueues() {
    test.run(memory);
    long at = ringAddress(memory, 0);
    test.send(VhostUserRequest.SET_VRING_NUM, pair(2, RING_SIZE));
    setAddresses(2, at, 0x1000, 0x2000);

    test.send(VhostUserRequest.SET_VRING_KICK, 0x102);

    assertRefused("rings must not overlap: vring=2, vring=0");
  }

  @Test
  void m15_sizeThatGrowsAfterTheAddressesIsCheckedAtTheStart() {
    test.negotiate();
    test.shareMemory(memory);
    test.send(VhostUserRequest.SET_STATUS, DRIVER_OK);
    test.send(VhostUserRequest.SET_VRING_NUM, pair(0, RING_SIZE));
    setAddresses(0, ringAddress(memory, 0), 0x1000, 0x2000);
    test.send(VhostUserRequest.SET_VRING_NUM, pair(0, 32768));

    test.send(VhostUserRequest.SET_VRING_KICK, 0x100);

    assertRefused("must lie inside one memory region");
  }

  @ParameterizedTest
  @ValueSource(longs = {65536, 0x80000000L, 0xffffffffL})
  void m16_baseBeyondSixteenBits(long base) {
    test.send(VhostUserRequest.SET_VRING_BASE, pair(0, base));

    assertRefused("ring base must be 0..65535: base=" + base);
  }

  @Test
  void m18_enableToggledManyTimes() {
    test.run(memory);
    for (int i = 0; i < 10_000; i++) {
      send(VhostUserRequest.SET_VRING_ENABLE, NO_FDS, pair(0, i & 1));
      send(VhostUserRequest.SET_VRING_ENABLE, NO_FDS, pair(2, i & 1));
    }

    assertThat(test.ended).isFalse();
    assertThat(test.backend.rings.get(0).enabled).isTrue();
    assertThat(test.backend.rings).as("ring 2 has no addresses").doesNotContainKey(2);
  }

  @Test
  void m18_enableIsNothingButZeroOrOne() {
    test.send(VhostUserRequest.SET_VRING_ENABLE, pair(0, 2));

    assertRefused("SET_VRING_ENABLE must say 0 or 1: value=2");
  }

  @ParameterizedTest
  @EnumSource(
      value = VhostUserRequest.class,
      names = {"SET_VRING_KICK", "SET_VRING_CALL", "SET_VRING_ERR"})
  void m19_descriptorThatIsNoEventfd(VhostUserRequest request) {
    UnixSocket[] sockets = UnixSocket.pair();
    try (UnixSocket socket = sockets[0];
        UnixSocket unused = sockets[1];
        Fd zero = Fd.open(Path.of("/dev/zero"), true)) {
      for (Fd fd : new Fd[] {memory.fd(), socket.fd(), unused.fd(), zero}) {
        try (SessionUnderTest other = new SessionUnderTest()) {
          other.send(request, new Fd[] {fd}, 0);

          assertThat(other.reason).contains("descriptor must be an eventfd");
        }
      }
    }
  }

  @Test
  void m20_callIsMadeNonBlocking() {
    test.run(memory);
    try (EventFd call = EventFd.create()) {
      call.fd().setNonBlocking(false);

      test.send(VhostUserRequest.SET_VRING_CALL, new Fd[] {call.fd()}, 0);

      assertThat(call.fd().isNonBlocking()).isTrue();
    }
  }

  /** The peer shares the open file: it can make it blocking again, and full. */
  @Test
  void m20_callThatIsFullAndBlockingAgainHoldsNobodyUp() {
    org.junit.jupiter.api.Assumptions.assumeTrue(
        EventFd.canSignalHostilePeers(), "io_setup(2) is forbidden here");
    test.run(memory);
    try (EventFd call = EventFd.create()) {
      test.send(VhostUserRequest.SET_VRING_CALL, new Fd[] {call.fd()}, 0);
      fill(call);
      call.fd().setNonBlocking(false);

      test.backend.rings.get(0).call.signal();

      test.send(VhostUserRequest.SET_VRING_CALL, new Fd[] {call.fd()}, 0);
      assertThat(test.ended).isFalse();
    }
  }

  private static void fill(EventFd eventFd) {
    try (java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofConfined()) {
      eventFd.drain();
      eventFd.fd().write(arena.allocateFrom(java.lang.foreign.ValueLayout.JAVA_LONG, -2L));
    }
  }

  @Test
  void m21_kickThatIsBlockingAndEmptyHoldsNobodyUp() {
    test.run(memory);
    try (EventFd kick = EventFd.create()) {
      test.backend.stopAt = 0;
      test.send(VhostUserRequest.SET_VRING_KICK, new Fd[] {kick.fd()}, 0);
      kick.fd().setNonBlocking(false);

      assertThat(test.backend.rings.get(0).kick.drain()).isZero();
    }
  }
}
