// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.linux.FdMessages.Received;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixSocketTest {
  @TempDir Path directory;

  private final Arena arena = Arena.ofAuto();

  @Test
  void listensConnectsAndKnowsThePeer() throws Exception {
    Path path = directory.resolve("s");
    try (UnixSocket listener = UnixSocket.listen(path, "rw-------", 1);
        UnixSocket client = UnixSocket.connect(path)) {
      assertThat(Files.getPosixFilePermissions(path))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      UnixSocket server = listener.accept();
      assertThat(server).isNotNull();
      assertThat(server.peerCredentials().pid()).isEqualTo(ProcessHandle.current().pid());
      assertThat(client.peerCredentials().uid()).isEqualTo(Files.getAttribute(path, "unix:uid"));
      server.close();
    }
  }

  @Test
  void acceptOfANonBlockingListenerAnswersNull() {
    try (UnixSocket listener = UnixSocket.listen(directory.resolve("s"), "rw-------", 1)) {
      listener.fd().setNonBlocking(true);
      assertThat(listener.accept()).isNull();
    }
  }

  @Test
  void replacesAStaleSocketFileButNoLivingOne() {
    Path path = directory.resolve("s");
    UnixSocket first = UnixSocket.listen(path, "rw-------", 1);
    assertThatThrownBy(() -> UnixSocket.listen(path, "rw-------", 1))
        .isInstanceOf(ErrnoException.class)
        .hasMessageContaining("EADDRINUSE")
        .hasMessageContaining(path.toString());
    first.close();
    assertThat(path).exists();
    UnixSocket.listen(path, "rw-------", 1).close();
  }

  @Test
  void doesNotReplaceAFileThatIsNoSocket() throws Exception {
    Path path = Files.writeString(directory.resolve("precious"), "data");
    assertThatThrownBy(() -> UnixSocket.listen(path, "rw-------", 1))
        .isInstanceOf(ErrnoException.class);
    assertThat(path).hasContent("data");
  }

  @Test
  void saysThatAPathIsTooLong() {
    Path fits = Path.of("/tmp/" + "x".repeat(UnixSocket.PATH_LENGTH_MAX - 5));
    assertThatThrownBy(() -> UnixSocket.connect(fits))
        .isInstanceOf(ErrnoException.class)
        .hasMessageContaining("ENOENT");
    Path tooLong = Path.of(fits + "x");
    assertThatThrownBy(() -> UnixSocket.connect(tooLong))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("length=108")
        .hasMessageContaining("shorter directory");
  }

  @Test
  void carriesDescriptorsWithTheBytes() {
    UnixSocket[] pair = UnixSocket.pair();
    FdMessages sender = new FdMessages(pair[0]);
    FdMessages receiver = new FdMessages(pair[1]);
    try (Fd memfd = Memfd.create("passed", 4096);
        EventFd event = EventFd.create()) {
      MemorySegment bytes = arena.allocateFrom(JAVA_BYTE, new byte[] {1, 2, 3});
      assertThat(sender.send(bytes, true, memfd, event.fd())).isEqualTo(3);
      MemorySegment buffer = arena.allocate(100);
      Received received = receiver.receive(buffer, true);
      assertThat(received.length()).isEqualTo(3);
      assertThat(received.truncated()).isFalse();
      assertThat(received.fds()).hasSize(2);
      assertThat(received.fds().get(0).target()).contains("passed");
      EventFd.adopt(received.fds().get(1)).signal();
      assertThat(event.drain()).isEqualTo(1);
      assertThat(buffer.asSlice(0, 3).toArray(JAVA_BYTE)).containsExactly(1, 2, 3);
      received.closeFds();
      assertThat(received.fds()).allMatch(Fd::isClosed);
    }
    closeAll(pair);
  }

  @Test
  void takesAsManyDescriptorsAsTheKernelAllows() {
    UnixSocket[] pair = UnixSocket.pair();
    try (EventFd event = EventFd.create()) {
      Fd[] many = new Fd[FdMessages.FD_COUNT_MAX];
      Arrays.fill(many, event.fd());
      FdMessages sender = new FdMessages(pair[0]);
      sender.send(arena.allocate(5), true, many);
      Received received = new FdMessages(pair[1]).receive(arena.allocate(100), true);
      assertThat(received.fds()).hasSize(FdMessages.FD_COUNT_MAX);
      received.closeFds();
      Fd[] tooMany = Arrays.copyOf(many, many.length + 1);
      tooMany[many.length] = event.fd();
      assertThatThrownBy(() -> sender.send(arena.allocate(5), true, tooMany))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("254");
    }
    closeAll(pair);
  }

  @Test
  void tellsNothingFromTheEnd() {
    UnixSocket[] pair = UnixSocket.pair();
    FdMessages receiver = new FdMessages(pair[1]);
    Received nothing = receiver.receive(arena.allocate(10), false);
    assertThat(nothing.nothing()).isTrue();
    assertThat(nothing.end()).isFalse();
    pair[0].close();
    Received end = receiver.receive(arena.allocate(10), false);
    assertThat(end.end()).isTrue();
    assertThat(end.nothing()).isFalse();
    pair[1].close();
  }

  @Test
  void fullSocketAnswersZeroAndSendsNoDescriptor() {
    UnixSocket[] pair = UnixSocket.pair();
    FdMessages sender = new FdMessages(pair[0]);
    MemorySegment bytes = arena.allocate(65536);
    int sent;
    do {
      sent = sender.send(bytes, false);
    } while (sent > 0);
    try (EventFd event = EventFd.create()) {
      assertThat(sender.send(bytes, false, event.fd())).isZero();
    }
    closeAll(pair);
  }

  @Test
  void sendingToAClosedPeerIsEpipeAndNoSignal() {
    UnixSocket[] pair = UnixSocket.pair();
    pair[1].close();
    assertThatThrownBy(() -> new FdMessages(pair[0]).send(arena.allocate(1), true))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPIPE));
    pair[0].close();
  }

  @Test
  void shutdownWakesAWaitingPeer() {
    UnixSocket[] pair = UnixSocket.pair();
    pair[0].shutdown();
    Poll poll = new Poll(1);
    poll.set(0, pair[1].fd(), Poll.IN);
    assertThat(poll.await(5000)).isEqualTo(1);
    assertThat(poll.ready(0) & Poll.HUP).isNotZero();
    closeAll(pair);
  }

  private static void closeAll(UnixSocket[] sockets) {
    for (UnixSocket socket : sockets) {
      socket.close();
    }
  }
}
