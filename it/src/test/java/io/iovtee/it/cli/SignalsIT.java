// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signals at moments when nobody expects them. */
final class SignalsIT {
  private static final int REQUESTS = 20;

  @TempDir private Path directory;
  private final List<Socket> open = new ArrayList<>();

  private void write(Path file, String... guests) throws IOException {
    StringBuilder text = new StringBuilder("ports:\n  nic0: {type: soft}\n");
    for (String guest : guests) {
      text.append("  %s: {type: vhost-user, socket: %s}\n".formatted(guest, socket(guest)));
    }
    Files.writeString(file, text + "plugins: {iovtee: {http: {port: 0}}}\n");
  }

  private Path socket(String guest) {
    return directory.resolve(guest + ".sock");
  }

  @AfterEach
  void hangUpRequests() throws IOException {
    for (Socket socket : open) {
      socket.close();
    }
  }

  /** Readers of events, and bodies that never come whole. */
  private void openRequests(CliProcess vswitch) throws Exception {
    int port = URI.create(vswitch.awaitServer()).getPort();
    for (int i = 0; i < REQUESTS; i++) {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
      open.add(socket);
      String request =
          (i & 1) == 0
              ? "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
              : "POST /api/v1/flows HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n{";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }
    for (int i = 0; i < REQUESTS; i += 2) {
      assertThat(open.get(i).getInputStream().read()).as("an answer begins").isEqualTo('H');
    }
  }

  private static void hangUpIfThere(CliProcess vswitch) throws Exception {
    var unused = new ProcessBuilder("kill", "-HUP", "" + vswitch.pid()).start().waitFor();
  }

  @Test
  void reloadIsAskedForAtTheStartTwiceAndAtTheEndWithRequestsOpen() throws Exception {
    Path file = directory.resolve("s.yaml");
    write(file, "nf1");
    try (CliProcess vswitch = CliProcess.startWithPlugin(List.of(), "run", "-c", file.toString())) {
      vswitch.awaitText("port nic0: link up"); // it still starts its plugin
      vswitch.hangUp();
      vswitch.awaitText("reload: nothing changed");

      write(file, "nf1", "nf2");
      vswitch.hangUp();
      write(file, "nf1", "nf2", "nf3");
      vswitch.hangUp();
      vswitch.awaitText("reload: port nf3 added");
      assertThat(socket("nf2")).exists();

      openRequests(vswitch);
      write(file, "nf4");
      vswitch.terminate();
      vswitch.awaitText("switch iovtee ends");
      hangUpIfThere(vswitch);
      vswitch.terminate();
      assertThat(vswitch.await()).as(vswitch.err()).isZero();
      assertThat(vswitch.err()).doesNotContain("port nf4", "\tat ", " ERROR ");
      for (int i = 1; i <= 4; i++) {
        assertThat(socket("nf" + i)).doesNotExist();
      }
    }
  }
}
