// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.linux.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A socket whose file is taken away can be found again, and takes nobody else's place. */
final class ListeningSocketTest {
  private static final long LOOK = ListeningSocket.LOOK_NS;

  private final ProcessResources before = ProcessResources.now();

  @TempDir private Path home;
  private Path directory;
  private Path path;
  private ListeningSocket socket;

  @BeforeEach
  void listen() throws IOException {
    directory = Files.createDirectory(home.resolve("run"));
    path = directory.resolve("nf1.sock");
    socket = new ListeningSocket("nf1", VhostUserPortOptions.server(path), 0);
  }

  @AfterEach
  void nothingLeaks() throws IOException {
    socket.close();
    before.assertNothingLeaked();
  }

  private void assertReached() {
    try (UnixSocket peer = UnixSocket.connect(path)) {
      assertThat(peer.fd().isClosed()).isFalse();
      UnixSocket connection = socket.accept();
      assertThat(connection).isNotNull();
      connection.close();
      assertThat(socket.accept()).as("one connection").isNull();
    }
  }

  @Test
  void looksOnceASecondAndLeavesAFileAloneThatIsItsOwn() throws IOException {
    Object key = Files.getAttribute(path, "unix:ino");
    assertThat(socket.look(LOOK)).isEmpty();
    assertThat(socket.look(2 * LOOK)).isEmpty();
    assertThat(Files.getAttribute(path, "unix:ino")).isEqualTo(key);
    Files.delete(path);
    assertThat(socket.look(3 * LOOK - 1)).isEmpty();
    assertThat(path).doesNotExist();
    assertThat(socket.look(3 * LOOK)).contains("made again", path.toString());
    assertReached();
  }

  @Test
  void isThereAgainWhenItsDirectoryIs() throws IOException {
    Files.delete(path);
    Files.delete(directory);
    assertThat(socket.look(LOOK))
        .startsWith("its socket can not be reached any more: the directory of the socket does not")
        .contains("path=" + path, "port=nf1");
    assertThat(socket.trouble()).contains("create it");
    assertThat(socket.look(2 * LOOK)).as("said once").isEmpty();
    Files.createDirectory(directory);
    assertThat(socket.look(3 * LOOK)).isEqualTo("its socket can be reached again: path=" + path);
    assertThat(socket.trouble()).isEmpty();
    assertReached();
  }

  /** No second look at another's: a connection each second would disturb whoever it is. */
  @Test
  void anothersSocketInItsPlaceIsAskedOnceAndLeftThere() throws IOException {
    Files.delete(path);
    try (UnixSocket other = UnixSocket.listen(path, "rw-------", 4)) {
      other.fd().setNonBlocking(true);
      assertThat(socket.look(LOOK)).contains("in use by another process");
      UnixSocket asked = other.accept();
      assertThat(asked).isNotNull();
      asked.close();
      assertThat(socket.look(2 * LOOK)).isEmpty();
      assertThat(other.accept()).isNull();
      socket.close();
      assertThat(path).exists();
    }
    Files.delete(path);
  }

  @Test
  void renamedAwayAndBack() throws IOException {
    Path aside = Files.move(path, home.resolve("aside"));
    Files.writeString(path, "precious");
    assertThat(socket.look(LOOK)).contains("is no socket");
    assertThat(path).hasContent("precious");
    Files.delete(path);
    Files.move(aside, path);
    assertThat(socket.look(2 * LOOK)).contains("can be reached again");
    assertReached();
  }

  @Test
  void portSaysWhyNobodyCanConnect() throws Exception {
    Files.delete(path);
    Files.delete(directory);
    FakeGuestPort backend = new FakeGuestPort("nf2", 1);
    Files.createDirectory(directory);
    Path second = directory.resolve("nf2.sock");
    try (VhostUserPort port = VhostUserPort.open(backend, VhostUserPortOptions.server(second))) {
      Files.delete(second);
      Files.delete(directory);
      awaitReason(port, "no front-end can connect: the directory of the socket does not exist");
      Files.createDirectory(directory);
      awaitReason(port, "waiting for a front-end to connect to " + second);
      assertThat(second).exists();
    }
    assertThat(second).doesNotExist();
  }

  private static void awaitReason(VhostUserPort port, String reason) throws InterruptedException {
    for (int i = 0; i < 3000 && !port.info().reason().startsWith(reason); i++) {
      Thread.sleep(10);
    }
    assertThat(port.info().reason()).startsWith(reason);
  }
}
