// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TestpmdOptions;
import io.iovtee.bench.vswitch.JavaSwitch;
import io.iovtee.bench.vswitch.SwitchProcess;
import io.iovtee.bench.vswitch.TestpmdSwitch;
import java.nio.file.Path;

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
  Contestant start(Scenario scenario, Subject subject, int frameBytes) {
    Path socket = directory.resolve(subject.label() + "-" + started++ + ".sock");
    SwitchProcess vswitch = startSwitch(subject, socket, frameBytes);
    Testpmd function = null;
    try {
      function = Testpmd.start(functionOptions(scenario, subject, socket));
      function.startForwarding();
      return new Contestant(scenario, subject, vswitch, function);
    } catch (PeerException e) {
      if (function != null) {
        function.close();
      }
      vswitch.close();
      throw e;
    }
  }

  private SwitchProcess startSwitch(Subject subject, Path socket, int frameBytes) {
    return switch (subject) {
      case TESTPMD ->
          new TestpmdSwitch(
              TestpmdOptions.nullToVhost(socket, frameBytes)
                  .named("switch")
                  .onCpu(options.switchCpu)
                  .withRingSize(options.queueSize));
      case COPY, WRITE_THROUGH -> startOurs(subject, socket, frameBytes);
    };
  }

  private SwitchProcess startOurs(Subject subject, Path socket, int frameBytes) {
    boolean plugin = subject == Subject.WRITE_THROUGH;
    String name = socket.getFileName().toString().replace(".sock", "");
    return JavaSwitch.start(
        new JavaSwitch.Setup(
            name, options.switchCpu, configuration(socket, frameBytes, plugin), plugin, directory));
  }

  /** One emulated NIC, one vhost-user port, one loop, two rules. */
  private String configuration(Path socket, int frameBytes, boolean plugin) {
    String text =
        """
        switch: {name: bench}
        loops: [{cpu: %d}]
        ports:
          nic0: {type: soft, dma: inline, traffic: {type: "null", frame-bytes: %d}, tx: {type: discard}}
          nf0: {type: vhost-user, socket: "%s", role: server}
        flows: ["in_port=nic0,actions=output:nf0", "in_port=nf0,actions=output:nic0"]
        """
            .formatted(options.switchCpu, frameBytes, socket);
    return plugin ? text + MAPPING : text;
  }

  private TestpmdOptions functionOptions(Scenario scenario, Subject subject, Path socket) {
    return TestpmdOptions.networkFunction(socket, options.queueSize)
        .named("nf of " + subject.label())
        .onCpu(options.functionCpu)
        .forwarding(scenario.forwardMode())
        .withDeviceArguments(options.functionArguments);
  }
}
