// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A network namespace of our own, with its loopback up; goes away with everything in it. */
public final class NetworkNamespace implements AutoCloseable {
  private static final AtomicInteger MADE = new AtomicInteger();

  private final String name;
  private final CleanUp cleanUp;

  private NetworkNamespace(String name) {
    this.name = name;
    this.cleanUp =
        CleanUp.register("namespace " + name, () -> Commands.run("ip", "netns", "del", name));
  }

  /** Makes one with a name that no other process of this machine uses. */
  public static NetworkNamespace create() {
    String name = "iovtee-" + ProcessHandle.current().pid() + "-" + MADE.getAndIncrement();
    NetworkNamespace namespace = new NetworkNamespace(name);
    namespace.make();
    return namespace;
  }

  private void make() {
    Commands.run("ip", "netns", "add", name);
    ip("link", "set", "lo", "up");
    // No router solicitations and no multicast reports: only the frames of the test travel.
    exec(
        "sh",
        "-c",
        "for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do [ ! -w $f ] || echo 1 > $f; done");
  }

  /** Deletes it, {@code during} runs, and another of its name is made: a container's restart. */
  public void replace(Runnable during) {
    Commands.run("ip", "netns", "del", name);
    try {
      during.run();
    } finally {
      make();
    }
  }

  public String name() {
    return name;
  }

  /** The file that stands for it, for setns(2). */
  public Path file() {
    return Path.of("/run/netns", name);
  }

  /** Runs an {@code ip} command inside; the answer is what it wrote. */
  public String ip(String... words) {
    List<String> command = new ArrayList<>(List.of("ip", "-n", name));
    command.addAll(List.of(words));
    return Commands.run(command.toArray(String[]::new));
  }

  /** Runs any short command inside. */
  public String exec(String... words) {
    List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", name));
    command.addAll(List.of(words));
    return Commands.run(command.toArray(String[]::new));
  }

  /** Removes it with its links. */
  @Override
  public void close() {
    cleanUp.close();
  }
}
