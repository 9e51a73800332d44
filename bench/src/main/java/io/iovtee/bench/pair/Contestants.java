// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.light.LightProcess;
import io.iovtee.bench.peer.CoreDistance;
import io.iovtee.bench.peer.OvsDpdk;
import io.iovtee.bench.peer.TestpmdOptions;
import io.iovtee.bench.peer.TscFrequency;
import io.iovtee.bench.vswitch.EmulatedUplink;
import io.iovtee.bench.vswitch.JavaSwitch;
import io.iovtee.bench.vswitch.OvsSwitch;
import io.iovtee.bench.vswitch.SwitchProcess;
import io.iovtee.bench.vswitch.TestpmdSwitch;
import io.iovtee.bench.vswitch.Uplink;
import io.iovtee.bench.xdp.LiveProcess;
import io.iovtee.bench.xdp.VethUplink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Starts contestants: the same NF for every subject. */
final class Contestants {
  private final PairOptions options;
  private final Path directory;
  private final CoreDistance cores;
  private final TscFrequency tsc = new TscFrequency();
  private int started;

  /**
   * Prepares.
   *
   * @param directory for sockets and configuration files; the caller removes it
   */
  Contestants(PairOptions options, Path directory) {
    this.options = options;
    this.directory = directory;
    this.cores =
        new CoreDistance(options.counting.cores.functionCpu, options.counting.cores.switchCpu);
  }

  /** Starts a switch and its NF, and waits for traffic between them. */
  Contestant start(Case measured, Subject subject) {
    Path home = directory.resolve(subject.label() + "-" + started++);
    try {
      Files.createDirectory(home);
    } catch (IOException e) {
      throw new UncheckedIOException("could not make " + home, e);
    }
    List<Path> sockets =
        IntStream.range(0, measured.functions()).mapToObj(i -> home.resolve("nf" + i)).toList();
    Uplink uplink = measured.openUplink(options.transmit);
    SwitchProcess vswitch = null;
    NetworkFunction function = null;
    try {
      vswitch = startSwitch(measured, subject, uplink, sockets, home);
      function = startFunction(measured, subject, uplink, vswitch, sockets);
      Contestant.Parts parts = new Contestant.Parts(uplink, vswitch, function);
      Contestant contestant =
          new Contestant(
              measured.scenario(),
              subject,
              options.counting.cores.switchCpu,
              cores::roundTripNs,
              tsc,
              parts);
      contestant.awaitTraffic();
      return contestant;
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

  /** TSC ticks per microsecond. */
  int tscMhz() {
    return tsc.mhz();
  }

  /** Where frames do not go round, the far end of a veth pair is fed by what is the sink, too. */
  private NetworkFunction startFunction(
      Case measured, Subject subject, Uplink uplink, SwitchProcess vswitch, List<Path> sockets) {
    if (options.lightFunctions()) {
      return new LightNetworkFunction(
          LightProcess.start(
              "nf of " + subject.label(),
              options.counting.cores.functionCpu,
              options.counting.cores.queueSize,
              true,
              sockets),
          tsc);
    }
    if (!(uplink instanceof VethUplink wire)) {
      return new TestpmdFunction(functionOptions(measured.scenario(), subject, sockets));
    }
    TestpmdSwitch receiver =
        subject == Subject.LIMIT && vswitch instanceof TestpmdSwitch bare ? bare : null;
    LiveProcess.Sink sink =
        receiver == null
            ? new LiveProcess.Sink(sockets.getFirst(), options.counting.cores.queueSize, true)
            : null;
    return new LiveFunction(
        LiveProcess.start(
            new LiveProcess.Setup(
                subject.label(),
                options.counting.cores.functionCpu,
                wire.veth(),
                measured.frameBytes(),
                sink)),
        receiver);
  }

  private SwitchProcess startSwitch(
      Case measured, Subject subject, Uplink uplink, List<Path> sockets, Path home) {
    return switch (subject) {
      case TESTPMD -> startTestpmd(uplink.testpmd(sockets));
      case LIMIT -> startTestpmd(((VethUplink) uplink).bareReceiver());
      case COPY, WRITE_THROUGH, AUTO -> startOurs(measured, subject, uplink, sockets, home);
      case OVS ->
          new OvsSwitch(
              new OvsDpdk.Setup(
                  options.counting.cores.switchCpu, uplink.ovsPort(), sockets.getFirst()),
              Rules.of(measured, OvsDpdk.NIC, List.of(OvsDpdk.GUEST)));
    };
  }

  private TestpmdSwitch startTestpmd(TestpmdOptions testpmd) {
    return new TestpmdSwitch(
        testpmd
            .named("switch")
            .onCpu(options.counting.cores.switchCpu)
            .withRingSize(options.counting.cores.queueSize));
  }

  private SwitchProcess startOurs(
      Case measured, Subject subject, Uplink uplink, List<Path> sockets, Path home) {
    boolean plugin = subject != Subject.COPY;
    boolean inOrder = options.inOrder.isOffered(subject, measured);
    String text =
        configuration(measured, uplink, sockets, options.counting.cores.switchCpu, inOrder);
    return JavaSwitch.start(
        new JavaSwitch.Setup(
            subject.label(),
            options.counting.ourCpus(),
            options.counting.ourJvmArguments(),
            plugin
                ? text + mappings(sockets.size(), subject == Subject.AUTO ? "auto" : "on", inOrder)
                : text,
            plugin,
            home));
  }

  /** One NIC, a vhost-user port for each NF, one loop, the rules. */
  static String configuration(
      Case measured, Uplink uplink, List<Path> sockets, int cpu, boolean inOrder) {
    List<String> guests = new ArrayList<>();
    StringBuilder ports = new StringBuilder();
    for (Path socket : sockets) {
      String guest = "nf" + guests.size();
      guests.add(guest);
      // The NFs are one process, so their memory is one file.
      ports.append(
          ("  %s: {type: vhost-user, socket: \"%s\", role: server, share-memory: %b,"
                  + " in-order: %b}\n")
              .formatted(guest, socket, sockets.size() > 1, inOrder));
    }
    return """
    switch: {name: bench}
    loops: [{cpu: %d}]
    ports:
      nic0: %s
    %sflows: [%s]
    """
        .formatted(
            cpu,
            uplink.portConfiguration(),
            ports,
            Rules.of(measured, "nic0", guests).stream()
                .map(rule -> '"' + rule + '"')
                .collect(Collectors.joining(", ")));
  }

  /**
   * Queue i writes through into NF i, in this mode.
   *
   * @param inOrder whether it must be proved that all that gets in is for that NF: with one NF the
   *     rules say so, with several only of what a strict mapping lets in
   */
  static String mappings(int functions, String mode, boolean inOrder) {
    return """
    plugins:
      iovtee:
        http: {port: 0}
        mappings: [%s]
    """
        .formatted(
            IntStream.range(0, functions)
                .mapToObj(i ->
                    MAPPING.formatted(
                        i, i, functions > 1 && inOrder ? strict(i) : "isolation: trusted", mode))
                .collect(Collectors.joining(", ")));
  }

  private static final String MAPPING = "{queue: nic0/%d, port: nf%d, %s, mode: \"%s\"}";

  private static String strict(int function) {
    return "isolation: strict, match: \"dl_dst=" + EmulatedUplink.address(function) + '"';
  }

  private TestpmdOptions functionOptions(Scenario scenario, Subject subject, List<Path> sockets) {
    return TestpmdOptions.networkFunctions(sockets, options.counting.cores.queueSize, 1)
        .named("nf of " + subject.label())
        .onCpu(options.counting.cores.functionCpu)
        .forwarding(scenario.forwardMode())
        .withDeviceArguments(options.functionArguments);
  }
}
