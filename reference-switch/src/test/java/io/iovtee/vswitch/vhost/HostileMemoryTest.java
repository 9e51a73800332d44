// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static io.iovtee.vswitch.vhost.SessionUnderTest.pair;
import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.UnixSocket;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Memory tables that must not be mapped, and memory that goes away: M22 to M30. */
final class HostileMemoryTest extends HostileSession {
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
}
