// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.peer.OvsDpdk;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TestpmdOptions;
import io.iovtee.bench.vswitch.JavaSwitch;
import io.iovtee.bench.vswitch.OvsSwitch;
import io.iovtee.bench.vswitch.SwitchProcess;
import io.iovtee.bench.vswitch.TestpmdSwitch;
import io.iovtee.bench.vswitch.Uplink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** Starts contestants: the same NF for every subject. */
final class Contestants {
  private static final String MAPPING =
      """
      plugins:
        iovtee:
          http: {port: 0}
          mappings: [{queue: nic0/0, port: nf0, isolation: trusted, mode: "on"}]
      """;

  private final PairOptions options;
  private final Path directory;
  private int started;

  /**
   * Prepares.
   *
   * @param directory for sockets and configuration files; the caller removes it
   */
  Contestants(PairOptions options, Path directory) {
    this.options = options;
    this.directory = directory;
  }

  /** Starts a switch and its NF, and waits for traffic between them. */
  Contestant start(Case measured, Subject subject) {
    Path home = directory.resolve(subject.label() + "-" + started++);
    try {
      Files.createDirectory(home);
    } catch (IOException e) {
      throw new UncheckedIOException("could not make " + home, e);
    }
    Path socket = home.resolve("nf");
    Uplink uplink = measured.nic().open(measured.frameBytes());
    SwitchProcess vswitch = null;
    Testpmd function = null;
    try {
      vswitch = startSwitch(measured, subject, uplink, socket, home);
      function = Testpmd.start(functionOptions(measured.scenario(), subject, socket));
      function.startForwarding();
      Contestant.Parts parts = new Contestant.Parts(uplink, vswitch, function);
      return new Contestant(measured.scenario(), subject, options.switchCpu, parts);
    } catch (RuntimeException e) {
      if (function != null) {
        function.close();
      }
      if (vswitch != null) {
        vswitch.close();
      }
      uplink.close();
      throw e;
    }
  }

  private SwitchProcess startSwitch(
      Case measured, Subject subject, Uplink uplink, Path socket, Path home) {
    return switch (subject) {
      case TESTPMD ->
          new TestpmdSwitch(
              uplink
                  .testpmd(socket)
                  .named("switch")
                  .onCpu(options.switchCpu)
                  .withRingSize(options.queueSize));
      case COPY, WRITE_THROUGH -> startOurs(measured, subject, uplink, socket, home);
      case OVS ->
          new OvsSwitch(
              new OvsDpdk.Setup(options.switchCpu, uplink.ovsPort(), home),
              Rules.of(measured.rules(), OvsDpdk.NIC, OvsDpdk.GUEST));
    };
  }

  private SwitchProcess startOurs(
      Case measured, Subject subject, Uplink uplink, Path socket, Path home) {
    boolean plugin = subject == Subject.WRITE_THROUGH;
    String text = configuration(measured, uplink, socket, options.switchCpu);
    return JavaSwitch.start(
        new JavaSwitch.Setup(
            subject.label(), options.switchCpu, plugin ? text + MAPPING : text, plugin, home));
  }

  /** One NIC, one vhost-user port, one loop, the rules. */
  static String configuration(Case measured, Uplink uplink, Path socket, int cpu) {
    return """
    switch: {name: bench}
    loops: [{cpu: %d}]
    ports:
      nic0: %s
      nf0: {type: vhost-user, socket: "%s", role: server}
    flows: [%s]
    """
        .formatted(
            cpu,
            uplink.portConfiguration(),
            socket,
            Rules.of(measured.rules(), "nic0", "nf0").stream()
                .map(rule -> '"' + rule + '"')
                .collect(Collectors.joining(", ")));
  }

  private TestpmdOptions functionOptions(Scenario scenario, Subject subject, Path socket) {
    return TestpmdOptions.networkFunction(socket, options.queueSize)
        .named("nf of " + subject.label())
        .onCpu(options.functionCpu)
        .forwarding(scenario.forwardMode())
        .withDeviceArguments(options.functionArguments);
  }
}
