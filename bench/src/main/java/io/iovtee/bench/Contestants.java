// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TestpmdOptions;
import java.nio.file.Path;

/** Starts contestants: the same NF for every subject. */
final class Contestants {
  private final BenchOptions options;
  private final Path directory;
  private int started;

  /**
   * Prepares.
   *
   * @param directory for sockets and configuration files; the caller removes it
   */
  Contestants(BenchOptions options, Path directory) {
    this.options = options;
    this.directory = directory;
  }

  /** Starts a switch and its NF, and waits for traffic between them. */
  Contestant start(Scenario scenario, Subject subject, int frameBytes) {
    Path socket = directory.resolve(subject.label() + "-" + started++ + ".sock");
    SwitchProcess vswitch = startSwitch(subject, socket, scenario, frameBytes);
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

  private SwitchProcess startSwitch(
      Subject subject, Path socket, Scenario scenario, int frameBytes) {
    return switch (subject) {
      case TESTPMD ->
          new TestpmdSwitch(
              TestpmdOptions.nullToVhost(socket, frameBytes)
                  .named("switch")
                  .onCpu(options.switchCpu)
                  .withRingSize(options.queueSize));
      case COPY, WRITE_THROUGH ->
          JavaSwitch.start(
              new JavaSwitch.Setup(
                  subject, scenario, frameBytes, options.switchCpu, socket, directory));
    };
  }

  private TestpmdOptions functionOptions(Scenario scenario, Subject subject, Path socket) {
    return TestpmdOptions.networkFunction(socket, options.queueSize)
        .named("nf of " + subject.label())
        .onCpu(options.functionCpu)
        .forwarding(scenario.forwardMode())
        .withDeviceArguments(options.functionArguments);
  }
}
