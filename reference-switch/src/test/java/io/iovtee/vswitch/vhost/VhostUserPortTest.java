// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.iovtee.vswitch.frontend.FrontendChannel;
import io.iovtee.vswitch.frontend.FrontendException;
import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.frontend.VhostUserFrontend;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Poll;
import io.iovtee.vswitch.linux.Rlimit;
import io.iovtee.vswitch.linux.UnixSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.helpers.NOPLogger;

/** Both ends in one process over a real socket: who may connect, when, and what remains. */
final class VhostUserPortTest {
  private static final int CLOSE_TIMEOUT_MS = 20_000;

  private final ProcessResources before = ProcessResources.now();
  private final FakeGuestPort backend = new FakeGuestPort("nf1", 2);
  private final List<AutoCloseable> open = new ArrayList<>();
  private FrontendMemory memory;
  private Path socket;

  @BeforeEach
  void makeMemory(@TempDir Path directory) {
    memory = FrontendMemory.create(1 << 20, false);
    socket = directory.resolve("nf1.sock");
  }

  @AfterEach
  void nothingLeaks() throws Exception {
    for (AutoCloseable closeable : open.reversed()) {
      closeable.close();
    }
    memory.close();
    before.assertNothingLeaked();
    assertThat(backend.disconnections).isEqualTo(backend.connections);
  }

  private <T extends AutoCloseable> T closeLater(T closeable) {
    open.add(closeable);
    return closeable;
  }

  private VhostUserPort openServer() {
    return closeLater(VhostUserPort.open(backend, VhostUserPortOptions.server(socket)));
  }

  private VhostUserFrontend frontend() {
    return frontend(FrontendChannel.connect(socket));
  }

  private VhostUserFrontend frontend(FrontendChannel channel) {
    memory.clear();
    return closeLater(new VhostUserFrontend(channel, memory, 1, 256));
  }

  private static void start(VhostUserFrontend frontend) {
    frontend.negotiate(VhostUserFrontend.FEATURES);
    frontend.start();
  }

  @Test
  void frontEndStartsStopsAndStartsAgain() throws InterruptedException {
    VhostUserPort port = openServer();
    VhostUserFrontend frontend = frontend();
    start(frontend);
    assertThat(backend.rings.keySet()).containsExactly(0, 1);
    awaitRunning(port);

    frontend.stop();
    assertThat(backend.rings).isEmpty();
    assertThat(frontend.base(0)).isEqualTo(backend.stopAt);

    frontend.start();
    assertThat(backend.rings.keySet()).containsExactly(0, 1);
    assertThat(backend.rings.values()).allMatch(ring -> ring.enabled);
  }

  @Test
  void memoryGrowsWhileRingsRun() {
    openServer();
    VhostUserFrontend frontend = frontend();
    start(frontend);
    try (FrontendMemory more = FrontendMemory.create(1 << 20, false)) {
      frontend.addMemory(more);
    }

    assertThat(backend.memory.regions()).hasSize(2);
    assertThat(backend.rings.keySet()).containsExactly(0, 1);
  }

  @Test
  void endOfTheFrontEndReleasesEverything() throws Exception {
    VhostUserPort port = openServer();
    VhostUserFrontend frontend = frontend();
    start(frontend);

    frontend.close();

    backend.await(() -> backend.disconnections == 1);
    awaitReason(port, "front-end closed the connection; waiting for a front-end");
    assertThat(port.info().vrings()).isEmpty();
  }

  /** The acknowledgement comes a moment before people can see what it was for. */
  private static void awaitRunning(VhostUserPort port) throws InterruptedException {
    for (int i = 0; port.info().ringsStarted() < 2; i++) {
      assertThat(i).as("waiting for two rings: %s", port.info()).isLessThan(2000);
      Thread.sleep(10);
    }
    assertThat(port.info().connected()).isTrue();
  }

  private static void awaitReason(VhostUserPort port, String text) throws InterruptedException {
    for (int i = 0; !port.info().reason().contains(text); i++) {
      assertThat(i).as("waiting for '%s', is '%s'", text, port.info().reason()).isLessThan(2000);
      Thread.sleep(10);
    }
  }

  @Test
  void m38_secondFrontEndIsRefusedAndTheFirstUnharmed() {
    openServer();
    VhostUserFrontend first = frontend();
    start(first);

    for (int i = 0; i < 20; i++) {
      try (FrontendChannel second = FrontendChannel.connect(socket)) {
        assertThat(second.awaitClose(CLOSE_TIMEOUT_MS)).isTrue();
      }
    }

    assertThat(backend.connections).isEqualTo(1);
    first.stop();
    first.start();
    assertThat(backend.rings.keySet()).containsExactly(0, 1);
  }

  @Test
  void m38_frontEndThatRestartsAtOnceIsNotRefusedBecauseOfItself() {
    openServer();
    for (int i = 0; i < 50; i++) {
      VhostUserFrontend frontend = frontend();
      start(frontend);
      frontend.close();
    }
    assertThat(backend.connections).isEqualTo(50);
  }

  /** The one that connects may be the front-end, which closed its last connection just before. */
  @Test
  void m38_theSessionIsLookedAtWhenAConnectionWasTakenAndNotBefore() {
    VhostUserListener listener =
        closeLater(
            new VhostUserListener(
                "nf1",
                VhostUserPortOptions.server(socket),
                new LogLimiter(NOPLogger.NOP_LOGGER, "nf1", 0),
                System::nanoTime));
    assertThat(listener.next(() -> fail("nobody has connected"))).isNull();
    FrontendChannel first = closeLater(FrontendChannel.connect(socket));
    UnixSocket taken = listener.next(() -> false);
    assertThat(taken).isNotNull();
    FrontendChannel second = closeLater(FrontendChannel.connect(socket));
    assertThat(listener.next(() -> true)).isNull();
    assertThat(second.awaitClose(CLOSE_TIMEOUT_MS)).as("refused").isTrue();
    taken.close();
    assertThat(first.awaitClose(CLOSE_TIMEOUT_MS)).isTrue();
  }

  @Test
  void m38_stormOfConnections() {
    openServer();
    for (int i = 0; i < 300; i++) {
      try (UnixSocket ignored = UnixSocket.connect(socket)) {
        assertThat(ignored.fd().isClosed()).isFalse();
      } catch (ErrnoException e) {
        assertThat(e.errnoName()).as("queue is full").isEqualTo("EAGAIN");
      }
    }

    start(frontend(connectWithPatience()));

    assertThat(backend.rings.keySet()).containsExactly(0, 1);
  }

  private FrontendChannel connectWithPatience() {
    for (int i = 0; ; i++) {
      try {
        FrontendChannel channel = FrontendChannel.connect(socket);
        channel.ask(VhostUserRequest.GET_FEATURES);
        return channel;
      } catch (ErrnoException | FrontendException e) {
        assertThat(i).as("last: %s", e).isLessThan(1000);
        sleep(10);
      }
    }
  }

  private static void sleep(int ms) {
    // Waits for a descriptor that never becomes ready: no InterruptedException to handle.
    new Poll(1).await(ms);
  }

  @Test
  void m02_silentConnectionsDoNotKeepTheOthersOut() throws Exception {
    VhostUserLimits quick = new VhostUserLimits(5000, 50, 64, 256, 4, 20, 1000);
    closeLater(VhostUserPort.open(backend, VhostUserPortOptions.server(socket).withLimits(quick)));
    FrontendChannel silent = closeLater(FrontendChannel.connect(socket));

    assertThat(silent.awaitClose(CLOSE_TIMEOUT_MS)).isTrue();

    start(frontend(connectWithPatience())); // this thread may be too slow for the limit, too
  }

  @Test
  void m39_userThatMayNotConnect() {
    var options =
        new VhostUserPortOptions(
            socket,
            SocketRole.SERVER,
            false,
            VhostUserPortOptions.OWNER_ONLY,
            Set.of(4711),
            false,
            VhostUserLimits.DEFAULT);
    closeLater(VhostUserPort.open(backend, options));

    FrontendChannel channel = closeLater(FrontendChannel.connect(socket));

    assertThat(channel.awaitClose(CLOSE_TIMEOUT_MS)).isTrue();
    assertThat(backend.connections).isZero();
  }

  @Test
  void m39_socketFileIsForItsOwnerOnly() throws IOException {
    openServer();

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-------");
  }

  @Test
  void m40_processWithoutFreeDescriptorsShedsTheConnectionAndLives() throws Exception {
    VhostUserPort port = openServer();
    VhostUserFrontend frontend = frontend();
    frontend.negotiate(VhostUserFrontend.FEATURES);
    try (DescriptorShortage shortage = new DescriptorShortage(memory.fd())) {
      assertThat(shortage.taken).isNotEmpty();
      assertThatThrownBy(frontend::start).isInstanceOf(FrontendException.class);
    }
    backend.await(() -> backend.disconnections == 1);
    awaitReason(port, "waiting for a front-end");
    assertThat(backend.events.getLast()).contains("file descriptors were lost");

    start(frontend());
  }

  /** Lowers the process's limit of descriptors and uses up what is left. */
  private static final class DescriptorShortage implements AutoCloseable {
    private static final int LIMIT = 1024;
    private final long limitBefore = Rlimit.NOFILE.soft();
    private final List<Fd> taken = new ArrayList<>();

    DescriptorShortage(Fd any) {
      setLimit(LIMIT);
      try {
        for (int i = 0; i <= LIMIT; i++) {
          taken.add(any.duplicate());
        }
        throw new AssertionError("the limit has no effect");
      } catch (ErrnoException e) {
        assertThat(e.errnoName()).isEqualTo("EMFILE");
      }
    }

    @Override
    public void close() {
      taken.forEach(Fd::close);
      setLimit(limitBefore);
    }

    private static void setLimit(long limit) {
      String pid = Long.toString(ProcessHandle.current().pid());
      String[] command = {"prlimit", "--pid", pid, "--nofile=" + limit + ":"};
      try {
        Process prlimit = new ProcessBuilder(command).inheritIO().start();
        assertThat(prlimit.onExit().join().exitValue()).isZero();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Test
  void staleSocketFileIsReplaced() throws IOException {
    try (UnixSocket stale = UnixSocket.listen(socket, "rw-------", 1)) {
      assertThat(stale.fd().isClosed()).isFalse();
    }
    assertThat(socket).exists();

    openServer();

    start(frontend());
  }

  @Test
  void socketInUseIsLeftAlone() {
    openServer();

    assertThatThrownBy(() ->
            VhostUserPort.open(new FakeGuestPort("nf2", 1), VhostUserPortOptions.server(socket)))
        .isInstanceOf(VhostUserException.class)
        .hasMessageContaining("socket path is in use by another process or is no socket")
        .hasMessageContaining("port=nf2");
    start(frontend());
  }

  @Test
  void fileThatIsNoSocketIsLeftAlone() throws IOException {
    Files.writeString(socket, "precious");

    assertThatThrownBy(this::openServer)
        .isInstanceOf(VhostUserException.class)
        .hasMessageContaining("is no socket");

    assertThat(socket).hasContent("precious");
  }

  @Test
  void pathThatIsTooLongAndDirectoryThatIsMissing() {
    Path tooLong = Path.of("/tmp/" + "x".repeat(103));
    for (SocketRole role : SocketRole.values()) {
      var options =
          new VhostUserPortOptions(
              tooLong, role, false, "rw-------", Set.of(), false, VhostUserLimits.DEFAULT);
      assertThatThrownBy(() -> VhostUserPort.open(backend, options))
          .isInstanceOf(VhostUserException.class)
          .hasMessageContaining("107")
          .hasMessageContaining("port=nf1");
    }
    assertThatThrownBy(() ->
            VhostUserPort.open(
                backend, VhostUserPortOptions.server(socket.resolve("missing/x.sock"))))
        .isInstanceOf(VhostUserException.class)
        .hasMessageContaining("port=nf1");
  }

  /** As a worker of the HTTP server, when that ends: the port's thread still uses its memory. */
  @Test
  void interruptDoesNotLeaveThePortsThreadAlone() {
    VhostUserPort port = openServer();
    start(frontend());

    Thread.currentThread().interrupt();
    port.close();

    assertThat(Thread.interrupted()).as("kept for the caller").isTrue();
    assertThat(backend.events).endsWith("disconnected the port was removed");
    assertThat(socket).doesNotExist();
  }

  @Test
  void closedPortRemovesItsSocketAndEndsItsSession() {
    VhostUserPort port = openServer();
    VhostUserFrontend frontend = frontend();
    start(frontend);

    port.close();

    assertThat(socket).doesNotExist();
    assertThat(frontend.channel().awaitClose(CLOSE_TIMEOUT_MS)).isTrue();
    assertThat(backend.events).endsWith("disconnected the port was removed");
    port.close();
  }

  @Test
  void closedPortLeavesASocketThatIsNotItsOwn() throws IOException {
    VhostUserPort port = openServer();
    Files.delete(socket);
    try (UnixSocket other = UnixSocket.listen(socket, "rw-------", 1)) {
      assertThat(other.fd().isClosed()).isFalse();

      port.close();

      assertThat(socket).exists();
    }
  }

  @Test
  void clientConnectsWhenTheFrontEndListensAndAgainAfterItWent() throws Exception {
    VhostUserPort port =
        closeLater(VhostUserPort.open(backend, VhostUserPortOptions.client(socket)));
    awaitReason(port, "connecting to the front-end at " + socket);
    for (int i = 1; i <= 3; i++) {
      try (UnixSocket listener = UnixSocket.listen(socket, "rw-------", 1)) {
        VhostUserFrontend frontend = frontend(new FrontendChannel(listener.accept()));
        start(frontend);
        assertThat(backend.connections).isEqualTo(i);
        assertThat(backend.rings.keySet()).containsExactly(0, 1);
        frontend.close();
      }
      int count = i;
      backend.await(() -> backend.disconnections == count);
    }
  }

  @Test
  void clientIsNotHeldUpByAListenerThatNeverAccepts() throws Exception {
    try (UnixSocket listener = UnixSocket.listen(socket, "rw-------", 0);
        UnixSocket first = UnixSocket.connect(socket)) {
      assertThat(first.fd().isClosed()).isFalse();
      assertThat(listener.fd().isClosed()).isFalse();
      VhostUserPort port = VhostUserPort.open(backend, VhostUserPortOptions.client(socket));
      awaitReason(port, "EAGAIN");

      port.close();

      assertThat(port.info().reason()).isEqualTo("the port is closed");
    }
  }
}
