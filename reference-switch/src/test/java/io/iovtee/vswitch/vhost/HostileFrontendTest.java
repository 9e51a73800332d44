// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static io.iovtee.vswitch.vhost.SessionUnderTest.NO_FDS;
import static io.iovtee.vswitch.vhost.SessionUnderTest.RING_SIZE;
import static io.iovtee.vswitch.vhost.SessionUnderTest.pair;
import static io.iovtee.vswitch.vhost.SessionUnderTest.ringAddress;
import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.frontend.FrontendChannel;
import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.UnixSocket;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a front-end must not do, by the numbers of the hostile-input list (M01 to M07 and M09 are in
 * {@link VhostUserConnectionTest}, M38 and M39 in {@link VhostUserPortTest}). Each test ends with
 * the count of descriptors and mappings that the first line of it found.
 */
final class HostileFrontendTest {
  private static final int DRIVER_OK = 0x0f;

  private final ProcessResources before = ProcessResources.now();
  private FrontendMemory memory;
  private SessionUnderTest test;

  @BeforeEach
  void connect() {
    memory = FrontendMemory.create(SessionUnderTest.MEMORY_LENGTH, false);
    test = new SessionUnderTest();
    test.serve();
  }

  @AfterEach
  void nothingLeaks() {
    test.close();
    memory.close();
    before.assertNothingLeaked();
    assertThat(test.backend.disconnections).isEqualTo(test.backend.connections);
  }

  private void assertRefused(String why) {
    assertThat(test.ended).as("connection is closed").isTrue();
    assertThat(test.reason).contains(why);
    assertThat(test.channel.awaitClose(5000)).isTrue();
    assertThat(test.backend.rings).isEmpty();
    assertThat(test.backend.memory).isNull();
  }

  @Test
  void m04_unknownRequestIsAnsweredWhenAnAnswerIsAskedFor() {
    test.channel.send(20, FrontendChannel.VERSION | FrontendChannel.NEED_REPLY, new byte[8]);

    assertThat(test.serve()).as("the connection lives on").isTrue();
    assertThat(test.channel.receive(20)).isNotZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 6, 19, 20, 22, 24, 28, 31, 36, 37, 41, 1000, -1})
  void m04_m36_requestOfAFeatureThatWasNotOfferedEndsTheConnection(int request) {
    test.channel.send(request, FrontendChannel.VERSION, new byte[8]);
    test.serve();

    assertRefused("request is not implemented and was not offered");
  }

  @Test
  void m08_floodOfStateLeavesNothingBehind() {
    test.run(memory);
    ProcessResources running = ProcessResources.now();
    long heldBefore = heapUsed();
    try (EventFd fd = EventFd.create()) {
      for (int i = 0; i < 3000; i++) {
        send(VhostUserRequest.SET_VRING_CALL, new Fd[] {fd.fd()}, 3);
        send(VhostUserRequest.SET_VRING_ERR, new Fd[] {fd.fd()}, 3);
        send(VhostUserRequest.SET_VRING_KICK, new Fd[] {fd.fd()}, 3);
        send(VhostUserRequest.SET_VRING_NUM, NO_FDS, pair(3, 1L << i % 16));
        if (i % 10 == 0) {
          send(
              VhostUserRequest.SET_MEM_TABLE,
              new Fd[] {memory.fd()},
              SessionUnderTest.table(memory));
        }
      }
    }
    assertThat(test.ended).isFalse();
    ProcessResources after = ProcessResources.now();
    assertThat(after.mappings()).isEqualTo(running.mappings());
    assertThat(after.descriptors().size() - running.descriptors().size())
        .as("a call, a kick and an error descriptor")
        .isEqualTo(3);
    assertThat(heapUsed() - heldBefore).isLessThan(16 << 20);
  }

  private static long heapUsed() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /** Sends and lets the clock move, so that the message budget is no matter. */
  private void send(VhostUserRequest request, Fd[] fds, long... payload) {
    test.advanceMs(1);
    test.send(request, fds, payload);
  }

  @Test
  void m08_messagesPerTickAreBounded() {
    // In one write: a thousand packets would not fit into the socket.
    ByteBuffer flood = ByteBuffer.allocate(1000 * 20).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 1000; i++) {
      flood.putInt(VhostUserRequest.SET_VRING_NUM.number()).putInt(1).putInt(8);
      flood.putLong(pair(0, 256));
    }
    test.channel.sendRaw(flood.array());
    test.serve();
    assertThat(test.session.info("").messages()).isEqualTo(256);
    assertThat(test.session.pauseNs()).isPositive();

    test.serve();
    assertThat(test.session.info("").messages()).as("same tick").isEqualTo(256);
    test.advanceMs(VhostUserLimits.TICK_MS);
    test.serve();
    assertThat(test.session.info("").messages()).isEqualTo(512);
  }

  @Test
  void m10_ownReplyIsNotFollowedByAnAcknowledgement() {
    test.channel.send(VhostUserRequest.GET_FEATURES, true, NO_FDS);
    test.channel.send(VhostUserRequest.GET_QUEUE_NUM, true, NO_FDS);
    test.serve();

    assertThat(test.channel.receive(VhostUserRequest.GET_FEATURES)).isNotZero();
    assertThat(test.channel.receive(VhostUserRequest.GET_QUEUE_NUM)).isEqualTo(2);
    assertThat(nothingMoreToRead()).isTrue();
  }

  @Test
  void m10_noAcknowledgementWithoutTheFlag() {
    test.run(memory);

    test.send(VhostUserRequest.SET_VRING_ENABLE, pair(0, 0));

    assertThat(nothingMoreToRead()).isTrue();
  }

  private boolean nothingMoreToRead() {
    return !test.channel.hasInput();
  }

  @Test
  void m10_refusalIsAcknowledgedOnceAndNegatively() {
    test.negotiate();
    test.channel.send(VhostUserRequest.SET_VRING_NUM, true, NO_FDS, pair(0, 3));
    test.serve();

    assertThat(test.channel.receive(VhostUserRequest.SET_VRING_NUM)).isNotZero();
    assertRefused("ring size must be a power of two <= 32768: size=3, vring=0");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 16, 17, 24, 26, 34, 35, 62, 63})
  void m11_featureThatWasNotOffered(int bit) {
    test.send(VhostUserRequest.SET_FEATURES, SessionUnderTest.FEATURES | 1L << bit);

    assertRefused("took features that were not offered");
  }

  @Test
  void m11_featuresMustNotChangeWhileRingsRun() {
    test.run(memory);
    assertThat(test.send(VhostUserRequest.SET_FEATURES, SessionUnderTest.FEATURES))
        .as("the same ones again are no change")
        .isTrue();

    test.send(
        VhostUserRequest.SET_FEATURES, SessionUnderTest.FEATURES | VirtioFeature.EVENT_IDX.mask());

    assertRefused("features must not change while rings run");
  }

  @Test
  void m11_ringWithoutVersionOneDoesNotStart() {
    test.send(VhostUserRequest.SET_FEATURES, 0);
    test.shareMemory(memory);

    test.setUpRing(memory, 0);

    assertRefused("must acknowledge VERSION_1");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 5, 9, 12, 13, 15, 17, 19, 63})
  void m12_protocolFeatureThatWasNotOffered(int bit) {
    test.ask(VhostUserRequest.GET_PROTOCOL_FEATURES);

    test.send(VhostUserRequest.SET_PROTOCOL_FEATURES, 1L << bit);

    assertRefused("took protocol features that were not offered");
  }

  @Test
  void m12_protocolFeaturesBeforeTheyWereAskedFor() {
    test.send(VhostUserRequest.SET_PROTOCOL_FEATURES, 0);

    assertRefused("SET_PROTOCOL_FEATURES came before GET_PROTOCOL_FEATURES");
  }

  @Test
  void m12_protocolFeaturesMustNotChangeWhileRingsRun() {
    test.run(memory);

    test.send(VhostUserRequest.SET_PROTOCOL_FEATURES, ProtocolFeature.MQ.mask());

    assertRefused("protocol features must not change while rings run");
  }

  @ParameterizedTest
  @EnumSource(
      value = VhostUserRequest.class,
      names = {"SET_VRING_NUM", "SET_VRING_BASE", "GET_VRING_BASE", "SET_VRING_ENABLE"})
  void m13_indexOutOfRangeAtItsFullWidth(VhostUserRequest request) {
    for (long index : new long[] {4, 255, 256, 0x10000, 0x10000000, 0x7fffffff, 0x80000000L}) {
      try (SessionUnderTest other = new SessionUnderTest()) {
        other.send(request, pair(index, 1));

        assertThat(other.reason).contains("front-end uses vring " + index + ", the port has 4");
      }
    }
  }

  @Test
  void m13_addressesOfARingOutOfRange() {
    test.negotiate();
    test.shareMemory(memory);

    test.send(VhostUserRequest.SET_VRING_ADDR, 0x100000000L - 1, 0, 0, 0, 0);

    assertRefused("front-end uses vring 4294967295, the port has 4");
  }

  @ParameterizedTest
  @EnumSource(
      value = VhostUserRequest.class,
      names = {"SET_VRING_KICK", "SET_VRING_CALL", "SET_VRING_ERR"})
  void m13_kickCallAndErrorIndices(VhostUserRequest request) {
    for (long payload : new long[] {4, 0xff, 0x104, 0x1ff}) {
      assertNotifierRefused(request, payload, "front-end uses vring " + (payload & 0xff));
    }
    for (long payload : new long[] {0x200, 0x301, 1L << 32, 1L << 63, 0xffff0000L}) {
      assertNotifierRefused(request, payload, "only bits 0-8 of the payload have a meaning");
    }
  }

  private static void assertNotifierRefused(VhostUserRequest request, long payload, String why) {
    try (SessionUnderTest other = new SessionUnderTest();
        EventFd fd = EventFd.create()) {
      Fd[] fds = (payload & 0x100) != 0 ? NO_FDS : new Fd[] {fd.fd()};
      other.send(request, fds, payload);

      assertThat(other.reason).as("payload 0x%x", payload).contains(why);
    }
  }

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

  @Test
  void m22_memoryTableMustCountItsRowsAndHaveNoPadding() {
    for (long header : new long[] {0, 2, 8, 9, 0xffffffffL, pair(1, 1), pair(1, 0x80000000L)}) {
      try (SessionUnderTest other = new SessionUnderTest()) {
        long[] table = SessionUnderTest.table(memory);
        table[0] = header;
        other.send(VhostUserRequest.SET_MEM_TABLE, new Fd[] {memory.fd()}, table);

        assertThat(other.reason).contains("memory table must have as many rows as it says");
      }
    }
  }

  @Test
  void m22_memoryTableWithAnotherNumberOfDescriptors() {
    for (int count : new int[] {0, 2, 8}) {
      try (SessionUnderTest other = new SessionUnderTest()) {
        Fd[] fds = new Fd[count];
        Arrays.fill(fds, memory.fd());
        other.send(VhostUserRequest.SET_MEM_TABLE, fds, SessionUnderTest.table(memory));

        assertThat(other.reason).contains("must come with 1 file descriptors: count=" + count);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    // column of the row, value: M22 size and wrap, M24 end of file, M25 alignment, M28 limit
    "2, 0",
    "2, -1",
    "2, 0x7fffffffffffffff",
    "1, -4096",
    "3, -4096",
    "4, -4096",
    "4, 1",
    "4, 4096",
    "2, 0x20000",
    "2, 0x10000000000"
  })
  void m22_m24_m25_m28_memoryRowThatCannotBe(int column, String value) {
    long[] table = SessionUnderTest.table(memory);
    table[column] = Long.decode(value);

    test.send(VhostUserRequest.SET_MEM_TABLE, new Fd[] {memory.fd()}, table);

    assertRefused("front-end broke the protocol");
    assertThat(test.reason).contains("nf1");
  }

  @ParameterizedTest
  @CsvSource({"0, 0x100000", "0x100000, 0"})
  void m23_overlappingRegions(String guestDistance, String frontendDistance) {
    long guest = memory.guestAddress();
    long frontend = memory.frontendAddress();
    test.send(
        VhostUserRequest.SET_MEM_TABLE,
        new Fd[] {memory.fd(), memory.fd()},
        2,
        guest,
        memory.length(),
        frontend,
        0,
        guest + Long.decode(guestDistance),
        memory.length(),
        frontend + Long.decode(frontendDistance),
        0);

    assertRefused("overlap");
  }

  @Test
  void m27_memoryThatIsNoSharedMemoryFile() {
    UnixSocket[] sockets = UnixSocket.pair();
    try (UnixSocket socket = sockets[0];
        UnixSocket unused = sockets[1];
        Fd zero = Fd.open(Path.of("/dev/zero"), true);
        EventFd event = EventFd.create()) {
      for (Fd fd : new Fd[] {zero, socket.fd(), unused.fd(), event.fd()}) {
        try (SessionUnderTest other = new SessionUnderTest()) {
          other.send(VhostUserRequest.SET_MEM_TABLE, new Fd[] {fd}, SessionUnderTest.table(memory));

          assertThat(other.ended).isTrue();
          assertThat(other.reason).contains("front-end broke the protocol");
        }
      }
    }
  }

  @Test
  void m29_memoryOfAnotherPort() {
    test.run(memory);
    try (SessionUnderTest other = new SessionUnderTest(new FakeGuestPort("nf2", 1))) {
      other.negotiate();
      other.shareMemory(memory);

      assertThat(other.reason).contains("is the memory of port nf1 too");
    }
    assertThat(test.send(VhostUserRequest.SET_VRING_ENABLE, pair(0, 0))).isTrue();
  }

  @Test
  void m30_runningRingThatIsNotInTheNewTableKeepsTheOldOneUntilTheEnd() {
    test.run(memory);
    try (FrontendMemory other = FrontendMemory.create(1 << 20, false)) {
      test.shareMemory(other);
    }

    assertRefused("must lie inside one memory region");
    assertThat(test.backend.events.stream().filter(e -> e.startsWith("memoryChanged"))).hasSize(1);
  }

  @Test
  void m30_memoryThatWasTruncatedFaultsOnlyThisPort() {
    test.negotiate();
    Fd fd = Memfd.create("truncated", SessionUnderTest.MEMORY_LENGTH);
    try (fd) {
      test.send(VhostUserRequest.SET_MEM_TABLE, new Fd[] {fd}, SessionUnderTest.table(memory));
      test.setUpRing(memory, 0);
      Memfd.truncate(fd, 0);

      test.send(VhostUserRequest.SET_STATUS, DRIVER_OK);
    }

    assertThat(test.ended).isTrue();
    assertThat(test.reason).contains("the guest's memory faulted");
  }

  @Test
  void m37_ownerTwiceAndResetOwnerWhileRunning() {
    test.run(memory);
    test.send(VhostUserRequest.SET_OWNER);
    test.send(VhostUserRequest.SET_OWNER);
    assertThat(test.backend.rings).hasSize(2);

    test.send(VhostUserRequest.RESET_OWNER);

    assertThat(test.ended).isFalse();
    assertThat(test.backend.rings).isEmpty();
    test.run(memory);
    assertThat(test.backend.rings).as("it can start all over").hasSize(2);
  }

  @Test
  void m37_statusBeyondEightBits() {
    test.send(VhostUserRequest.SET_STATUS, 0x100);

    assertRefused("device status must be 0..255: status=0x100");
  }

  @Test
  void m02_silentFrontEndLosesItsPlace() {
    test.advanceMs(4999);
    assertThat(test.serve()).isTrue();
    assertThat(test.session.remainingNs()).isEqualTo(1_000_000);

    test.advanceMs(1);
    test.serve();

    assertRefused("front-end said nothing for 5000 ms after connecting");
  }

  @Test
  void m02_frontEndThatSpokeMayBeSilent() {
    test.send(VhostUserRequest.SET_OWNER);
    test.advanceMs(3_600_000);

    assertThat(test.serve()).isTrue();
  }
}
