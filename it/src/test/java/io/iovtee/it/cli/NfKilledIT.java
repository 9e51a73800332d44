// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A network function that is killed under traffic takes nobody with it. */
final class NfKilledIT {
  private static final Pattern RECEIVED = Pattern.compile("counters .*received=(\\d+)");

  @TempDir private Path directory;

  @Test
  void switchAndOtherFunctionGoOn() throws Exception {
    Path file = directory.resolve("s.yaml");
    Path one = directory.resolve("nf1.sock");
    Path other = directory.resolve("nf2.sock");
    Files.writeString(
        file,
        """
        ports:
          nic0:
            type: soft
            dma: inline
            traffic: {type: generator, frame-bytes: 200, flows: 4, rate-pps: 5000}
            tx: {type: discard}
          nf1: {type: vhost-user, socket: %s}
          nf2: {type: vhost-user, socket: %s}
        flows:
          - in_port=nic0,actions=output:nf1,output:nf2
          - in_port=nf1,actions=drop
          - in_port=nf2,actions=drop
        """
            .formatted(one, other));
    try (CliProcess vswitch = CliProcess.start("run", "-c", file.toString())) {
      vswitch.awaitText(" runs: 3 ports");
      try (CliProcess victim = nf(one);
          CliProcess bystander = nf(other)) {
        victim.awaitText("connected: ");
        bystander.awaitText("connected: ");
        victim.kill();
        victim.await();
        try (CliProcess next = nf(one)) {
          next.awaitText("connected: ");
          Thread.sleep(2000);
          next.terminate();
          assertThat(next.await()).as(next.err()).isZero();
          bystander.terminate();
          assertThat(bystander.await()).as(bystander.err()).isZero();
          // Both get every frame, and the bystander was there all the time.
          long received = received(next);
          assertThat(received).as(next.out() + vswitch.err()).isGreaterThan(100);
          assertThat(received(bystander)).isGreaterThanOrEqualTo(received);
        }
        assertThat(bystander.out()).doesNotContain("has gone");
      }
      assertThat(vswitch.isAlive()).isTrue();
      vswitch.terminate();
      assertThat(vswitch.await()).as(vswitch.err()).isZero();
      assertThat(vswitch.err()).doesNotContain("\tat ");
      assertThat(one).doesNotExist();
    }
  }

  private static CliProcess nf(Path socket) {
    return CliProcess.start(
        "nf", "--socket", socket.toString(), "--mode", "sink", "--sleep", "--counters");
  }

  private static long received(CliProcess nf) {
    Matcher matcher = RECEIVED.matcher(nf.out());
    assertThat(matcher.find()).as(nf.out()).isTrue();
    return Long.parseLong(matcher.group(1));
  }
}
