// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.vhost.VhostUserPortOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may connect to a vhost-user port is in the configuration, and holds. */
final class GuestPortConfigTest {
  private static VhostUserPortOptions read(String keys) {
    String text = "ports:\n  nf1:\n    type: vhost-user\n    socket: /tmp/n.sock\n    " + keys;
    return GuestPortConfig.of(SwitchConfig.parse(text, "f.yaml").ports().get("nf1"));
  }

  @Test
  void onlyTheSwitchsOwnUserByDefault() {
    assertThat(read("").socketPermissions()).isEqualTo("rw-------");
    assertThat(read("").peerUids()).isEmpty();
  }

  @Test
  void usersAreNumbersOf32Bits() {
    assertThat(read("peer-uids: [0, 1000, 4294967294]").peerUids())
        .containsExactlyInAnyOrder(0, 1000, -2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-------", "rw-rw----", "rw-rw-rw-"})
  void permissions(String text) {
    assertThat(read("socket-permissions: " + text).socketPermissions()).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      textBlock =
          """
          socket-permissions: rwxrwxrwx    # socket-permissions: 'rwxrwxrwx' is not one of rw-------, rw-
          socket-permissions: 0660         # socket-permissions: '660' is not one of
          socket-permissions: r--r--r--    # socket-permissions: 'r--r--r--' is not one of
          socket-permissions: rw-r--r--    # socket-permissions: 'rw-r--r--' is not one of
          peer-uids: 1000                  # peer-uids: must be a list
          peer-uids: [-1]                  # peer-uids: must be whole numbers from 0 to 4294967294: -1
          peer-uids: [4294967295]          # peer-uids: must be whole numbers from 0 to 4294967294: 4294967295
          peer-uids: [root]                # peer-uids: must be whole numbers from 0 to 4294967294: root
          peer-uid: [0]                    # peer-uid: unknown key 'peer-uid'; allowed here: in-order, loop, peer-uids
          """)
  void errorNamesFileLineAndKey(String line, String message) {
    assertThatThrownBy(() -> read(line.strip()))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("f.yaml:5: ports.nf1." + message.strip());
  }

  @ParameterizedTest
  @ValueSource(strings = {"socket-permissions: rw-------", "peer-uids: [0]"})
  void clientCanNotSayWhoConnects(String line) {
    assertThatThrownBy(() -> read("role: client\n    " + line))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("f.yaml:6: ports.nf1." + line.substring(0, line.indexOf(':')))
        .hasMessageContaining("belongs to the side that listens");
  }

  @TempDir private Path directory;

  /** The socket has the mode, and a user who is not listed is let go at once. */
  @Test
  void reachesTheSocket() throws Exception {
    Path socket = directory.resolve("n.sock");
    int stranger = 123_456_789;
    String text =
        """
        switch: {pool-chunks: 1024, huge-pages: false}
        ports:
          n:
            type: vhost-user
            socket: '%s'
            socket-permissions: rw-rw----
            peer-uids: [%d]
        """
            .formatted(socket, stranger);
    try (VSwitch vswitch = VSwitch.start(SwitchConfig.parse(text, "test"));
        io.iovtee.vswitch.linux.UnixSocket connection =
            io.iovtee.vswitch.linux.UnixSocket.connect(socket)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
          .isEqualTo("rw-rw----");
      var poll = new io.iovtee.vswitch.linux.Poll(1);
      poll.set(0, connection.fd(), io.iovtee.vswitch.linux.Poll.IN);
      assertThat(poll.await((int) TimeUnit.SECONDS.toMillis(30)))
          .as("closed by the switch")
          .isOne();
      assertThat(vswitch.ports().getFirst().linkUp()).isFalse();
      assertThat(vswitch.ports().getFirst().details()).containsEntry("connected", false);
    }
  }
}
