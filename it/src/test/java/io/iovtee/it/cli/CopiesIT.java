// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.nic.pcap.PcapTrace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mirrors and punted frames of a switch that runs, by its command line. */
final class CopiesIT {
  private static final String BROADCAST = "ffffffffffff 0200000000ee 88b5" + "00".repeat(46);

  @TempDir private Path directory;

  private String server = "";

  private CliProcess done(String... arguments) throws InterruptedException {
    String[] all = new String[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--server";
    all[arguments.length + 1] = server;
    CliProcess process = CliProcess.start(all);
    process.await();
    return process;
  }

  private String out(String... arguments) throws InterruptedException {
    CliProcess process = done(arguments);
    assertThat(process.await()).as(process.err()).isZero();
    return process.out();
  }

  @Test
  void mirrorsAndPuntedFramesByTheCommandLine() throws Exception {
    Path config = directory.resolve("s.yaml");
    Files.writeString(
        config,
        """
        ports:
          b: {type: soft, dma: inline}
          a:
            type: soft
            dma: inline
            traffic: {type: generator, frame-bytes: 100, flows: 1, rate-pps: 500}
        flows: ["in_port=a,actions=punt:64,output:b"]
        plugins: {iovtee: {http: {port: 0}}}
        """);
    Path file = directory.resolve("all.pcap");
    try (CliProcess vswitch =
        CliProcess.startWithPlugin(List.of(), "run", "-c", config.toString())) {
      vswitch.awaitText(" runs: 2 ports");
      server = vswitch.awaitServer();

      assertThat(out("mirror", "add", "m", "--src", "a", "--pcap", file.toString()))
          .isEqualTo("added mirror m\n");
      assertThat(out("punt", "watch", "--count", "3").lines())
          .hasSize(3)
          .allSatisfy(
              line -> assertThat(line).contains(" a action, 100 bytes: ", " | udp,in_port=a"));
      assertThat(out("punt", "watch", "--count", "1", "-o", "json")).contains("\"headers\":\"udp,");
      assertThat(out("punt", "list")).contains(" frames handed over, ", "actions=punt:64,output:b");
      assertThat(out("mirror", "list")).contains("(rules)", "m ", "a ");
      assertThat(out("punt", "send", "b", BROADCAST)).isEqualTo("sent 60 bytes to port b\n");
      CliProcess wrong = done("mirror", "add", "n", "--src", "a", "--to", "a");
      assertThat(wrong.await()).isEqualTo(1);
      assertThat(wrong.err()).contains("is also selected: a").doesNotContain("\tat ");
      assertThat(out("mirror", "delete", "m")).isEqualTo("removed mirror m\n");
      assertThat(out("port", "list")).doesNotContain("pcap");
    }
    PcapTrace trace = PcapTrace.load(file, 1600);
    assertThat(trace.frames()).isPositive();
    assertThat(trace.length(0)).isEqualTo(100);
  }
}
