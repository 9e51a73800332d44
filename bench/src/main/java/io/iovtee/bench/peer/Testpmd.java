// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A running dpdk-testpmd, driven through its command prompt. One thread at a time.
 *
 * <p>testpmd handles one command after the other and echoes each line that it reads. So a comment
 * line with a number of its own, sent behind a command, marks the end of that command's answer.
 */
public final class Testpmd implements AutoCloseable {
  /** DPDK maps and clears its memory before the prompt comes: up to seconds on a loaded machine. */
  public static final long START_TIMEOUT_MS = 30_000;

  /** A statistics answer takes about 1 ms; the command thread shares its core with the poller. */
  public static final long ANSWER_TIMEOUT_MS = 10_000;

  /** Stopping flushes the ports and closes the vhost-user connection. */
  public static final long QUIT_TIMEOUT_MS = 10_000;

  /** Where DPDK keeps run-time files: for root, and for others without XDG_RUNTIME_DIR. */
  private static final List<String> RUNTIME_DIRECTORIES = List.of("/var/run/dpdk", "/tmp/dpdk");

  private static final Pattern VERSION = Pattern.compile("RTE Version: '([^']+)'");

  private static final Pattern PORT_READY = Pattern.compile("(?m)^Configuring Port \\d+ ");

  private final TestpmdOptions options;
  private final String filePrefix;
  private final PeerProcess process;
  private final CleanUp files;
  private int marks;
  private boolean ready;

  private Testpmd(TestpmdOptions options, String filePrefix, PeerProcess process, CleanUp files) {
    this.options = options;
    this.filePrefix = filePrefix;
    this.process = process;
    this.files = files;
  }

  /**
   * Starts it and returns at once: a virtio-user port with {@code server=1} waits for its switch
   * before the prompt comes.
   *
   * @throws PeerException if testpmd or the huge pages are missing, with the command that mends it
   */
  public static Testpmd launch(TestpmdOptions options) {
    require(PeerRequirements.testpmd());
    require(PeerRequirements.cpu(options.cpu()));
    if (options.hugePages()) {
      require(PeerRequirements.hugePages(options.memoryMib()));
    }
    String prefix = TestpmdOptions.newFilePrefix();
    CleanUp files = CleanUp.register("files of " + prefix, () -> deleteRuntimeFiles(prefix));
    PeerProcess process = PeerProcess.start("testpmd " + options.role(), options.command(prefix));
    return new Testpmd(options, prefix, process, files);
  }

  /** Starts it and waits for its prompt. */
  public static Testpmd start(TestpmdOptions options) {
    Testpmd testpmd = launch(options);
    try {
      testpmd.awaitReady();
    } catch (PeerException e) {
      testpmd.close();
      throw e;
    }
    return testpmd;
  }

  /** Waits for the prompt: ports are configured, forwarding is stopped. */
  public void awaitReady() {
    if (ready) {
      return;
    }
    String output = mark(0, START_TIMEOUT_MS);
    // testpmd comes up without the devices that it could not open.
    long ports = PORT_READY.matcher(output).results().count();
    if (ports != options.devices().size()) {
      throw new PeerException(
          process.failure(
              "has " + ports + " ports, not one for each of its devices: " + options.devices()));
    }
    ready = true;
  }

  public TestpmdOptions options() {
    return options;
  }

  /** What DPDK's run-time directory of this process is called. */
  public String filePrefix() {
    return filePrefix;
  }

  /** The process, for its id and its output. */
  public PeerProcess process() {
    return process;
  }

  /** DPDK's version as testpmd prints it, for example {@code DPDK 22.11.11}. */
  public String version() {
    Matcher matcher = VERSION.matcher(process.output());
    return matcher.find() ? matcher.group(1) : "unknown";
  }

  /** Begins to forward; records busy cycles from the first frame on. */
  public void startForwarding() {
    // Before "start": a turn that begins without a time stamp would count as one of 2^40 cycles.
    command("set record-core-cycles on");
    command("start");
  }

  /** Stops forwarding. */
  public void stopForwarding() {
    command("stop");
  }

  /** Counters of all ports. Rates are those since the last call. */
  public List<PortCounters> portCounters() {
    List<PortCounters> ports = PortCounters.parse(command("show port stats all"));
    if (ports.isEmpty()) {
      throw new PeerException(process.failure("showed no port statistics that we can read"));
    }
    return ports;
  }

  /** Counters of one port; a network function has only port 0. */
  public PortCounters portCounters(int port) {
    return portCounters().get(port);
  }

  /** Sums since {@link #clearForwardCounters}. */
  public ForwardCounters forwardCounters() {
    ForwardCounters counters = ForwardCounters.parse(command("show fwd stats all"));
    if (counters == null) {
      throw new PeerException(process.failure("showed no forward statistics that we can read"));
    }
    return counters;
  }

  /** Sets the forward counters and the recorded cycles to 0. */
  public void clearForwardCounters() {
    command("clear fwd stats all");
  }

  /**
   * Runs one command of testpmd's prompt.
   *
   * @return what testpmd wrote from the command's echo to the end of its answer
   */
  public String command(String line) {
    awaitReady();
    long position = process.position();
    process.send(line);
    return mark(position, ANSWER_TIMEOUT_MS);
  }

  /** Ends it: {@code quit}, and SIGKILL to its process id when that takes too long. */
  @Override
  public void close() {
    process.quit(QUIT_TIMEOUT_MS);
    files.close();
  }

  /** DPDK keeps a directory per file prefix and does not remove it. */
  private static void deleteRuntimeFiles(String prefix) {
    for (String parent : RUNTIME_DIRECTORIES) {
      Path directory = Path.of(parent, prefix);
      if (!Files.isDirectory(directory)) {
        continue;
      }
      try (Stream<Path> entries = Files.walk(directory)) {
        for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(entry);
        }
      } catch (IOException e) {
        throw new PeerException("could not remove " + directory + ": " + e.getMessage(), e);
      }
    }
  }

  private String mark(long position, long timeoutMs) {
    String mark = "#mark-" + marks++;
    process.send(mark);
    return process.await(
        position, Pattern.compile(Pattern.quote(mark) + "\\b"), timeoutMs, "the prompt");
  }

  private static void require(@Nullable String missing) {
    if (missing != null) {
      throw new PeerException(missing);
    }
  }
}
