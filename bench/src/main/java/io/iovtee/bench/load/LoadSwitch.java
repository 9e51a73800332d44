// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.peer.CoreOptions;
import io.iovtee.bench.peer.TestpmdOptions;
import io.iovtee.bench.peer.WindowOptions;
import io.iovtee.bench.vswitch.JavaSwitch;
import io.iovtee.bench.vswitch.SwitchProcess;
import io.iovtee.bench.vswitch.TestpmdSwitch;
import java.nio.file.Path;

/** Starts the switch of a rig, and says where its generator goes. */
final class LoadSwitch {
  private static final String VM2VM =
      """
      switch: {name: bench}
      loops: [{cpu: %d}]
      ports:
        nf0: {type: vhost-user, socket: "%s", role: server}
        nf1: {type: vhost-user, socket: "%s", role: server}
      flows: ["in_port=nf0,actions=output:nf1", "in_port=nf1,actions=output:nf0"]
      """;

  /** The wire holds as many frames as the NIC has descriptors. */
  private static final String NIC =
      """
      switch: {name: bench}
      loops: [{cpu: %d}]
      ports:
        nic0: {type: soft, dma: inline, ring-size: %d}
        nf1: {type: vhost-user, socket: "%s", role: server}
      flows: ["in_port=nic0,actions=output:nf1"]
      """;

  private static final String MAPPING =
      """
      plugins:
        iovtee:
          http: {port: 0}
          mappings: [{queue: nic0/0, port: nf1, isolation: trusted, mode: "on"}]
      """;

  private final LoadSubject subject;
  private final String name;
  private final LoadRig.Bench bench;
  private final WindowOptions counting;
  private final Path to;
  private final Path from;

  /**
   * @param name of files and sockets; one of each in a directory
   */
  LoadSwitch(LoadSubject subject, String name, LoadRig.Bench bench) {
    this.subject = subject;
    this.name = name;
    this.bench = bench;
    counting = bench.options().counting;
    to = bench.directory().resolve(name + "-0.sock");
    from = bench.directory().resolve(name + "-1.sock");
  }

  /** Its sockets are there on return. */
  SwitchProcess start() {
    CoreOptions cpus = counting.cores;
    return switch (subject) {
      case TESTPMD ->
          new TestpmdSwitch(
              TestpmdOptions.vhostToVhost(to, from)
                  .named("switch")
                  .onCpu(cpus.switchCpu)
                  .withRingSize(cpus.queueSize));
      case COPY, WRITE_THROUGH ->
          JavaSwitch.start(
              new JavaSwitch.Setup(
                  name,
                  counting.ourCpus(),
                  counting.ourJvmArguments(),
                  configuration(),
                  subject == LoadSubject.WRITE_THROUGH,
                  bench.directory()));
    };
  }

  String configuration() {
    CoreOptions cpus = counting.cores;
    if (bench.path().path == LoadPath.vm2vm) {
      return VM2VM.formatted(cpus.switchCpu, to, from);
    }
    String text = NIC.formatted(cpus.switchCpu, cpus.queueSize, from);
    return subject == LoadSubject.WRITE_THROUGH ? text + MAPPING : text;
  }

  /** A generator for it, connected on return. */
  LoadProcess startGenerator(SwitchProcess vswitch) {
    CoreOptions cpus = counting.cores;
    boolean nic = bench.path().path == LoadPath.nic;
    LoadProcess generator =
        LoadProcess.start(
            new LoadProcess.Setup(
                name, cpus.functionCpu, cpus.queueSize, true, nic ? null : to, from));
    try {
      if (nic && vswitch instanceof JavaSwitch ours) {
        ours.feed("nic0", cpus.queueSize, bench.path().nicCopy, generator.wire());
      }
      return generator;
    } catch (RuntimeException e) {
      generator.close();
      throw e;
    }
  }
}
