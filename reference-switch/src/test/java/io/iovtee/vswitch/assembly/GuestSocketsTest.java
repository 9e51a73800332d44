// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.PortInfo;
import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.config.SwitchConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No two vhost-user ports share a socket, whichever way its path is spelled. */
final class GuestSocketsTest {
  @TempDir private Path home;

  private SwitchConfig config(String... sockets) {
    StringBuilder text =
        new StringBuilder("switch: {pool-chunks: 8192, huge-pages: false}\nports:\n");
    for (int i = 0; i < sockets.length; i++) {
      text.append("  n%d: {type: vhost-user, socket: %s}\n".formatted(i, sockets[i]));
    }
    return SwitchConfig.parse(text.toString().replace("HOME", home.toString()), "test");
  }

  /** What a port says before anybody has tried its socket. */
  private static final String UNTOUCHED = "nobody has connected yet";

  private static List<String> names(VSwitch vswitch) {
    return vswitch.ports().stream().map(PortInfo::name).toList();
  }

  @Test
  void samePlaceInOtherWords() throws IOException {
    Path real = Files.createDirectory(home.resolve("real"));
    Path link = Files.createSymbolicLink(home.resolve("link"), real);
    Path socket = real.resolve("a.sock");
    for (int round = 0; round < 2; round++) {
      assertThat(GuestSockets.isSame(socket, socket)).isTrue();
      assertThat(GuestSockets.isSame(socket, real.resolve("../real/./a.sock"))).isTrue();
      assertThat(GuestSockets.isSame(socket, link.resolve("a.sock"))).isTrue();
      assertThat(GuestSockets.isSame(socket, real.resolve("b.sock"))).isFalse();
      assertThat(GuestSockets.isSame(socket, home.resolve("a.sock"))).isFalse();
      if (round == 0) {
        Files.createFile(socket); // the same once more with the file there
      }
    }
    Path fileLink = Files.createSymbolicLink(home.resolve("c.sock"), socket);
    assertThat(GuestSockets.isSame(socket, fileLink)).isTrue();
    Path relative = Path.of("a.sock");
    assertThat(GuestSockets.isSame(relative, relative.toAbsolutePath())).isTrue();
    Path nowhere = home.resolve("nowhere");
    assertThat(GuestSockets.isSame(nowhere.resolve("a"), nowhere.resolve("../nowhere/a"))).isTrue();
    assertThat(GuestSockets.isSame(nowhere.resolve("a"), nowhere.resolve("b"))).isFalse();
  }

  @Test
  void twoInOneFileAreRefusedBeforeAnythingIsOpened() {
    assertThatThrownBy(() -> VSwitch.start(config("HOME/a.sock", "HOME/x/../a.sock")))
        .as("the directory x is missing")
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("test:4: ports.n1.socket: is the socket of port n0, too")
        .hasMessageContaining("give each its own: " + home + "/x/../a.sock");
    assertThat(home).isEmptyDirectory();
  }

  @Test
  void oneThatRunsKeepsItsSocket() {
    try (VSwitch vswitch = VSwitch.start(config("HOME/a.sock"))) {
      for (String role : List.of("server", "client")) {
        Section keys =
            Section.of(
                "ports.n9",
                Map.of("type", "vhost-user", "role", role, "socket", home + "/./a.sock"));
        assertThatThrownBy(() -> vswitch.addPort("n9", keys))
            .isInstanceOf(ConfigException.class)
            .hasMessageContaining("ports.n9.socket: is the socket of port n0, too");
      }
      assertThat(names(vswitch)).containsExactly("n0");
      assertThat(vswitch.ports().getFirst().linkReason()).isEqualTo(UNTOUCHED);
    }
  }

  @Test
  void whatTheSystemRefusesNamesTheKey() {
    assertThatThrownBy(() -> VSwitch.start(config("HOME/missing/a.sock")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("test:3: ports.n0.socket: the directory of the socket does not exist")
        .hasMessageContaining("port=n0");
  }

  @Test
  void reloadMayExchangeTwo() {
    SwitchConfig first = config("HOME/a.sock", "HOME/b.sock");
    try (VSwitch vswitch = VSwitch.start(first)) {
      Reload reload = new Reload(vswitch, first);
      assertThat(reload.apply(config("HOME/b.sock", "HOME/a.sock")))
          .containsExactly("port n0 removed", "port n1 removed", "port n0 added", "port n1 added");
      assertThat(vswitch.ports()).extracting(PortInfo::linkReason).containsOnly(UNTOUCHED);
      assertThat(home.resolve("a.sock")).exists();
      assertThat(home.resolve("b.sock")).exists();
    }
  }

  @Test
  void reloadWithTwoInOneFileChangesNothing() {
    SwitchConfig first = config("HOME/a.sock", "HOME/b.sock");
    try (VSwitch vswitch = VSwitch.start(first)) {
      Reload reload = new Reload(vswitch, first);
      assertThatThrownBy(() -> reload.apply(config("HOME/c.sock", "HOME/c.sock")))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("is the socket of port n0, too");
      assertThat(reload.apply(first)).containsExactly("nothing changed");
      assertThat(home.resolve("c.sock")).doesNotExist();
    }
  }

  @Test
  void reloadOfAPortThatIsRefusedCostsNoOther() throws IOException {
    SwitchConfig first = config("HOME/a.sock", "HOME/b.sock");
    try (VSwitch vswitch = VSwitch.start(first)) {
      Reload reload = new Reload(vswitch, first);
      SwitchConfig next = config("HOME/later/a.sock", "HOME/c.sock", "HOME/d.sock");
      assertThatThrownBy(() -> reload.apply(next))
          .isInstanceOfSatisfying(
              Reload.IncompleteException.class,
              e ->
                  assertThat(e.done())
                      .containsExactly(
                          "port n0 removed", "port n1 removed", "port n1 added", "port n2 added"))
          .hasMessageContaining("port n0 not added: ")
          .hasMessageContaining("the directory of the socket does not exist");
      assertThat(names(vswitch)).containsExactly("n1", "n2");
      Files.createDirectory(home.resolve("later"));
      assertThat(reload.apply(next)).containsExactly("port n0 added");
      assertThat(names(vswitch)).containsExactly("n0", "n1", "n2");
    }
  }
}
